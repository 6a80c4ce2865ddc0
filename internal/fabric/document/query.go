package document

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a query.
const (
	maxConditions = 8
	maxValues     = 20
)

// Op is how a condition compares.
type Op string

// The comparisons. Less, AtMost, More and AtLeast hold of values of the same type alone.
const (
	Equal   Op = "eq"
	In      Op = "in"
	Less    Op = "lt"
	AtMost  Op = "le"
	More    Op = "gt"
	AtLeast Op = "ge"
	// Prefix holds of texts that begin with a text.
	Prefix Op = "prefix"
)

// Ops returns the comparisons.
func Ops() []Op { return []Op{Equal, In, Less, AtMost, More, AtLeast, Prefix} }

// Condition holds of the value of an index.
type Condition struct {
	Index string
	Op    Op
	// Values are nil, a bool, a string, a json.Number or a Go number each: one, or up to 20
	// for In.
	Values []any
}

// Query asks for documents of which all conditions hold.
type Query struct {
	Where []Condition
	// Order is the index by whose values documents come; those without a value of it do
	// not. "" is that of the first condition, and without one they come by id.
	Order      string
	Descending bool
	Page       kernel.PageRequest
}

// scan makes a scan of a query.
func (c Collection) scan(q Query) (Scan, error) {
	s := Scan{Index: q.Order, Descending: q.Descending, Limit: q.Page.Size()}
	if len(q.Where) > maxConditions {
		return s, kernel.Errorf(kernel.Invalid, "there are %d conditions, and at most %d can be", len(q.Where), maxConditions)
	}
	if s.Index == "" && len(q.Where) > 0 {
		s.Index = q.Where[0].Index
	}
	if s.Index != "" {
		if err := c.declares(s.Index); err != nil {
			return s, err
		}
	}
	for _, filter := range order(q.Where) {
		ranges, err := c.ranges(filter)
		if err != nil {
			return s, err
		}
		if filter[0].Index == s.Index {
			s.Ranges = ranges
			if len(ranges) == 0 {
				s.Ranges = []Range{{From: beyond, To: ofNull}} // nothing holds
			}
		} else {
			s.Also = append(s.Also, Filter{filter[0].Index, ranges})
		}
	}
	var err error
	s.After, err = parseCursor(q.Page.Cursor)
	return s, err
}

// order has conditions of the same index together.
func order(all []Condition) (out [][]Condition) {
	for _, c := range all {
		i := slices.IndexFunc(out, func(same []Condition) bool { return same[0].Index == c.Index })
		if i < 0 {
			out = append(out, []Condition{c})
		} else {
			out[i] = append(out[i], c)
		}
	}
	return out
}

func (c Collection) declares(index string) error {
	if _, ok := c.index(index); ok {
		return nil
	}
	names := make([]string, 0, len(c.Indexes))
	for _, x := range c.Indexes {
		names = append(names, x.Name)
	}
	return kernel.Errorf(kernel.Invalid, "the collection %s has no index %q", c.Name, index).
		WithFix("declare it, or ask by one of: %s", cmp.Or(strings.Join(names, ", "), "(there are none)"))
}

// ranges returns where all conditions of an index hold.
func (c Collection) ranges(all []Condition) ([]Range, error) {
	out := []Range{{From: ofNull, To: beyond}}
	for _, condition := range all {
		if err := c.declares(condition.Index); err != nil {
			return nil, err
		}
		ranges, err := condition.ranges()
		if err != nil {
			return nil, err
		}
		out = intersect(out, ranges)
	}
	return out, nil
}

// ranges returns where the condition holds, in order, each apart from the others.
func (c Condition) ranges() ([]Range, error) {
	if len(c.Values) == 0 || len(c.Values) > maxValues || c.Op != In && len(c.Values) > 1 {
		return nil, kernel.Errorf(kernel.Invalid, "the condition %s of %s has %d values", c.Op, c.Index, len(c.Values)).
			WithFix("give it one, or 1 to %d for %s", maxValues, In)
	}
	keys := make([]string, 0, len(c.Values))
	for _, v := range c.Values {
		key, ok, err := keyOf(v)
		if err == nil && (!ok || strings.ContainsRune(key, 0)) {
			err = fmt.Errorf("it is no text, number, true, false or null")
		}
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "a value of the condition %s of %s: %w", c.Op, c.Index, err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return c.Op.ranges(slices.Compact(keys))
}

func (o Op) ranges(keys []string) ([]Range, error) {
	key := keys[0]
	least, most := key[:1], string(key[0]+1) // of its type
	switch o {
	case Equal, In:
		out := make([]Range, 0, len(keys))
		for _, k := range keys {
			out = append(out, Range{From: k, To: k, Through: true})
		}
		return out, nil
	case Less:
		return []Range{{From: least, To: key}}, nil
	case AtMost:
		return []Range{{From: least, To: key, Through: true}}, nil
	case More:
		return []Range{{From: key, To: most, Above: true}}, nil
	case AtLeast:
		return []Range{{From: key, To: most}}, nil
	case Prefix:
		if least != ofText {
			return nil, kernel.Errorf(kernel.Invalid, "%s asks for the begin of texts, and the value is none", Prefix)
		}
		return []Range{{From: key, To: after(key)}}, nil
	default:
		return nil, kernel.Errorf(kernel.Invalid, "there is no comparison %q", o).WithFix("use one of %v", Ops())
	}
}

// after returns the least text that is above all that begin with the prefix.
func after(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		if runes[i] == '\U0010FFFF' {
			continue
		}
		next := runes[i] + 1
		if next == 0xD800 { // surrogates are no characters
			next = 0xE000
		}
		return string(append(runes[:i:i], next))
	}
	return beyond
}

// intersect returns what is in a range of both; both are in order.
func intersect(a, b []Range) (out []Range) {
	for _, x := range a {
		for _, y := range b {
			if both := x.and(y); both.From < both.To || both.From == both.To && !both.Above && both.Through {
				out = append(out, both)
			}
		}
	}
	return out
}

func (r Range) and(o Range) Range {
	if o.From > r.From || o.From == r.From && o.Above {
		r.From, r.Above = o.From, o.Above
	}
	if o.To < r.To || o.To == r.To && !o.Through {
		r.To, r.Through = o.To, o.Through
	}
	return r
}

// cursor spells a position, and parseCursor reads it.
func (p *Position) cursor() string {
	if p == nil {
		return ""
	}
	text, _ := json.Marshal(p) // two texts
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(text string) (*Position, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // the first page
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var p Position
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil || checkID(p.ID) != nil || len(p.Key) > MaxKey+1 || strings.ContainsRune(p.Key, 0) {
		return nil, kernel.Errorf(kernel.Invalid, "the cursor is none of this list").WithFix("begin with the first page")
	}
	return &p, nil
}
