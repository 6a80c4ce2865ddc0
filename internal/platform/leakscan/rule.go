package leakscan

import (
	"errors"
	"fmt"
	"strings"
)

// rule is what one kind of value looks like.
type rule struct {
	id, description string
	regex           *pattern // nil where the path alone tells
	path            *pattern
	group           int
	entropy         float64
	keywords        []string // lower case
	allowed         []*allow
	silent          bool // it is there for others
	// reach is how far from its keyword a match is at most; zero where a match may be
	// without one.
	reach extent
}

func newRule(f fileRule) (*rule, error) {
	r := &rule{id: f.ID, description: f.Description, group: f.SecretGroup, entropy: f.Entropy, silent: f.SkipReport}
	if f.ID == "" {
		return nil, errors.New("it has no id")
	}
	if len(f.Required) > 0 {
		return nil, errors.New("required is not honoured here: a rule stands alone")
	}
	for _, k := range f.Keywords {
		r.keywords = append(r.keywords, strings.ToLower(k))
	}
	var err error
	if f.Path != "" {
		if r.path, err = anyOf([]string{f.Path}); err != nil {
			return nil, err
		}
	}
	if f.Regex != "" {
		if err = r.look(f.Regex); err != nil {
			return nil, err
		}
	}
	for _, a := range allOf(f.Allowlist, f.Allowlists) {
		allowed, err := newAllow(a)
		if err != nil {
			return nil, fmt.Errorf("allowlist: %w", err)
		}
		r.allowed = append(r.allowed, allowed)
	}
	return r, nil
}

// look takes the expression that the rule looks for.
func (r *rule) look(source string) error {
	parsed, err := parse(source)
	if err != nil {
		return err
	}
	if r.group < 0 || r.group > parsed.MaxCap() {
		return fmt.Errorf("secretGroup is %d, and regex has %d groups", r.group, parsed.MaxCap())
	}
	r.regex, r.reach = &pattern{source: source}, extent{}
	if needs(parsed, r.keywords).has {
		r.reach = longest(parsed)
	}
	return nil
}

// over is the rule on top of one with the same id: what it says itself counts, and of lists
// both.
func (r *rule) over(below *rule) *rule {
	out := *below
	out.keywords = append(append([]string{}, below.keywords...), r.keywords...)
	out.allowed = append(append([]*allow{}, below.allowed...), r.allowed...)
	if r.description != "" {
		out.description = r.description
	}
	if r.entropy != 0 {
		out.entropy = r.entropy
	}
	if r.group != 0 {
		out.group = r.group
	}
	if r.path != nil {
		out.path = r.path
	}
	if r.regex != nil {
		out.regex, out.reach = r.regex, extent{}
	}
	return &out
}

// allowing is the rule with one more allowlist.
func (r *rule) allowing(a *allow) *rule {
	out := *r
	out.allowed = append(append([]*allow{}, r.allowed...), a)
	return &out
}

// checked tells what is wrong with a rule once all of it is there.
func (r *rule) checked() error {
	if r.regex == nil && r.path == nil {
		return fmt.Errorf("rule %s: it has neither regex nor path", r.id)
	}
	return nil
}

// generic says that the rule guesses by a name beside the value.
func (r *rule) generic() bool { return Guesses(r.id) }

// Guesses reports whether a rule goes by the name beside a value alone.
func Guesses(rule string) bool { return strings.Contains(strings.ToLower(rule), "generic") }

// span is a part of a text: a match that begins in [from, to) is looked for in
// [first, last).
type span struct{ first, from, to, last int }

// piece bounds how much of a text an expression goes through at once, so that the context
// is asked in between.
const piece = 256 << 10

// spans are where in a text the rule is to be looked for, by where keywords are; wide is how
// many bytes a character of it has at most.
func (r *rule) spans(text string, wide int, hits map[string][]hit) []span {
	if len(r.keywords) == 0 {
		return cut(text, 0, len(text), endless())
	}
	var near []hit
	for _, k := range r.keywords {
		near = append(near, hits[k]...)
	}
	if len(near) == 0 {
		return nil
	}
	if r.reach == (extent{}) {
		return cut(text, 0, len(text), endless())
	}
	return around(text, near, r.reach.wide(wide))
}

// around merges what is near to hits.
func around(text string, near []hit, reach extent) []span {
	sortHits(near)
	var all []span
	from, to := -1, -1
	for _, h := range near {
		a, b := reach.before(text, h.start), reach.behind(text, h.end)
		if from >= 0 && a <= to {
			to = max(to, b)
			continue
		}
		if from >= 0 {
			all = append(all, cut(text, from, to, reach)...)
		}
		from, to = a, b
	}
	return append(all, cut(text, from, to, reach)...)
}

// cut divides a part of a text into pieces; beside each, a match may reach as far as it can.
func cut(text string, from, to int, reach extent) []span {
	const context = 8 // what stands beside a match counts for its ends
	var all []span
	for from < to {
		end := min(to, from+piece)
		all = append(all, span{first: max(0, from-context), from: from, to: end, last: min(len(text), reach.behind(text, end)+context)})
		from = end
	}
	return all
}
