package static

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// repetition is how a block is repeated.
type repetition int

const (
	once repetition = iota
	counted
	keyed
)

// scope is what expressions of one instance see beside the module: count,
// each, and the iterators of dynamic blocks.
type scope struct {
	names  map[string]cty.Value
	suffix string
	key    cty.Value
	// of is the address of the resource that is evaluated.
	of string
}

func (s scope) with(name string, v cty.Value) scope {
	names := map[string]cty.Value{name: v}
	for k, w := range s.names {
		if k != name {
			names[k] = w
		}
	}
	return scope{names: names, suffix: s.suffix, key: s.key, of: s.of}
}

// repeat returns one scope per instance of a block. A number that is not known
// counts as one, and is told as assumed.
func (m *module) repeat(b *hclsyntax.Block) ([]scope, repetition, error) {
	if attr, other := b.Body.Attributes["count"], b.Body.Attributes["for_each"]; attr != nil && other != nil {
		m.wrong(attr.NameRange, m.of(b)+" has count and for_each", "Leave one of them out.")
	}
	if attr := b.Body.Attributes["count"]; attr != nil {
		return m.counted(b, attr)
	}
	if attr := b.Body.Attributes["for_each"]; attr != nil {
		v, why := m.evaluate(attr.Expr, scope{})
		if t := v.Type(); v.IsKnown() && (t.IsTupleType() || t.IsListType()) {
			m.wrong(attr.Expr.Range(), "for_each takes a map or a set of texts, and this is a list", "Write toset(...) around it.")
		}
		m.notNull(attr, v)
		return m.keyed(attr, v, m.of(b), why)
	}
	return []scope{{key: cty.NilVal}}, once, nil
}

// notNull tells of null where a number of instances is needed.
func (m *module) notNull(attr *hclsyntax.Attribute, v cty.Value) {
	if v, _ = v.Unmark(); v.IsKnown() && v.IsNull() {
		m.wrong(attr.Expr.Range(), attr.Name+" is null", "Give it a value: an empty one for none.")
	}
}

// of is the address of a block.
func (m *module) of(b *hclsyntax.Block) string {
	if b.Type == "module" {
		return m.address + "module." + b.Labels[0]
	}
	return m.address + strings.Join(b.Labels, ".")
}

// assume tells that a number is not known, and taken as one.
func (m *module) assume(attr *hclsyntax.Attribute, address, why string) {
	if why == "" {
		why = m.whyUnknown(attr.Expr)
	}
	a := cost.Assumption{
		Address: address, Attribute: attr.Name, Place: attr.Expr.Range().String(),
		Assumed: "one", Reason: why + "; give it with --var, or estimate the plan",
	}
	if !slices.Contains(m.reader.assumed, a) {
		m.reader.assumed = append(m.reader.assumed, a)
	}
}

// whyUnknown names what an expression reads that has no value.
func (m *module) whyUnknown(expr hclsyntax.Expression) string {
	var names []string
	for _, t := range expr.Variables() {
		name, ok := second(t)
		if !ok {
			continue
		}
		root := t.RootName()
		if root == "var" || root == "local" || root == "module" || strings.Contains(root, "_") {
			if v, _ := m.named(root, name).UnmarkDeep(); v.IsWhollyKnown() {
				continue
			}
		}
		names = append(names, root+"."+name)
	}
	if len(names) == 0 {
		return "it is known after apply"
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ") + " is known after apply, or has no value"
}

func (m *module) counted(b *hclsyntax.Block, attr *hclsyntax.Attribute) ([]scope, repetition, error) {
	n := 1
	value, why := m.evaluate(attr.Expr, scope{})
	m.notNull(attr, value)
	v, _ := value.UnmarkDeep()
	number, err := convert.Convert(v, cty.Number)
	switch {
	case err != nil:
		return nil, counted, wrongCount(attr)
	case !number.IsKnown() || number.IsNull():
		m.assume(attr, m.of(b), why)
	default:
		f := number.AsBigFloat()
		if f.IsInf() || f.Sign() < 0 || !f.IsInt() {
			return nil, counted, wrongCount(attr)
		}
		i, _ := f.Int64()
		if i > maxInstances {
			return nil, counted, tooMany(attr.SrcRange, "count is too large", maxInstances)
		}
		n = int(i)
	}
	var out []scope
	for i := range n {
		index := cty.NumberIntVal(int64(i))
		out = append(out, scope{
			names:  map[string]cty.Value{"count": cty.ObjectVal(map[string]cty.Value{"index": index})},
			suffix: fmt.Sprintf("[%d]", i), key: index,
		})
	}
	return out, counted, nil
}

func wrongCount(attr *hclsyntax.Attribute) error {
	return diagnosed(hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Invalid count", Detail: "count is a whole number from zero up.", Subject: attr.Expr.Range().Ptr(),
	}})
}

// keyed returns one scope per element of a value.
func (m *module) keyed(attr *hclsyntax.Attribute, v cty.Value, address, why string) ([]scope, repetition, error) {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		m.assume(attr, address, why)
		each := cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": cty.DynamicVal})
		return []scope{{names: map[string]cty.Value{"each": each}, suffix: `["?"]`, key: cty.StringVal("?")}}, keyed, nil
	}
	if v.LengthInt() > maxInstances {
		return nil, keyed, tooMany(attr.SrcRange, "for_each has too many elements", maxInstances)
	}
	var out []scope
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if v.Type().IsSetType() || v.Type().IsTupleType() || v.Type().IsListType() {
			key = value
		}
		key, _ = key.Unmark()
		text, err := convert.Convert(key, cty.String)
		if err != nil || !text.IsKnown() || text.IsNull() {
			text = cty.StringVal("?")
		}
		out = append(out, scope{
			names:  map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": text, "value": value})},
			suffix: fmt.Sprintf("[%q]", text.AsString()), key: text,
		})
	}
	return out, keyed, nil
}
