package rego

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// evaluation is one input with what is asked about it.
type evaluation struct {
	set   *Set
	tasks []*task
	units []unit
}

// view is a part of an input that policies are asked about.
type view struct {
	some     []*resource
	document func() map[string]any
}

func newView(in input, some []*resource) *view {
	return &view{some: some, document: sync.OnceValue(func() map[string]any { return in.view(some) })}
}

// evaluation finds what has to be asked: of policies that judge resource by
// resource, what they did not say before.
func (s *Set) evaluation(in input, tasks []*task) *evaluation {
	e := &evaluation{set: s, tasks: tasks, units: unitsOf(in.resources)}
	whole := newView(in, in.all())
	for _, t := range tasks {
		t.view, t.whole = whole, whole
	}
	if in.indexed && slices.ContainsFunc(tasks, func(t *task) bool { return t.rule.single }) {
		s.kept.digester.name(e.units)
		e.recall(in, whole)
	}
	asked := map[*view][]*task{}
	for _, t := range tasks {
		if t.view != nil {
			asked[t.view] = append(asked[t.view], t)
		}
	}
	for v, tasks := range asked {
		convert(of(v.some, tasks))
	}
	return e
}

// recall gives the tasks what they said before, and asks them of what is left. What
// several have left is one view.
func (e *evaluation) recall(in input, whole *view) {
	known := e.set.kept.recall(e.units)
	views := map[string]*view{}
	for _, t := range e.tasks {
		if !t.rule.single {
			continue
		}
		left := make([]byte, (len(e.units)+7)/8)
		n := 0
		for i := range e.units {
			if findings, asked := known[i].of(t.rule.number); asked {
				t.known = append(t.known, findings...)
				continue
			}
			left[i/8] |= 1 << (i % 8)
			n++
		}
		switch {
		case n == 0 && len(e.units) > 0:
			t.view = nil
		case n < len(e.units):
			if views[string(left)] == nil {
				views[string(left)] = newView(in, e.some(left))
			}
			t.view = views[string(left)]
		}
	}
}

// some are the resources of units whose bits are set.
func (e *evaluation) some(bits []byte) []*resource {
	var some []*resource
	for i, u := range e.units {
		if bits[i/8]&(1<<(i%8)) != 0 {
			some = append(some, u.resources...)
		}
	}
	return some
}

// remember keeps what was said of each resource.
func (e *evaluation) remember() {
	at := make(map[string]int, len(e.units))
	for i, u := range e.units {
		at[u.address] = i
	}
	more := make([]said, len(e.units))
	for _, t := range e.tasks {
		if t.fresh == nil || t.view == nil {
			continue
		}
		for _, r := range t.view.some {
			more[at[r.address]].add(t.rule.number, own(t.fresh[r.address]))
		}
	}
	e.set.kept.add(e.units, more)
}

// own are findings whose texts are not parts of the plan's: what is kept would keep it.
func own(findings []any) []any {
	all := make([]any, 0, len(findings))
	for _, f := range findings {
		object, _ := f.(map[string]any)
		mine := make(map[string]any, len(object))
		for key, value := range object {
			if text, ok := value.(string); ok {
				value = strings.Clone(text)
			}
			mine[key] = value
		}
		all = append(all, mine)
	}
	return all
}

// byAddress are findings by the resource that they are about.
func byAddress(findings []any) map[string][]any {
	all := map[string][]any{}
	for _, f := range findings {
		address := field(f, "address")
		all[address] = append(all[address], f)
	}
	return all
}

// ordered puts findings in the order of Rego, where that decides which are told.
func ordered(findings []any) []any {
	if len(findings) > MaxResults {
		slices.SortStableFunc(findings, func(a, b any) int {
			return cmp.Or(cmp.Compare(field(a, "address"), field(b, "address")), cmp.Compare(field(a, "attribute"), field(b, "attribute")),
				cmp.Compare(field(a, "message"), field(b, "message")))
		})
	}
	return findings
}

func field(finding any, key string) string {
	o, _ := finding.(map[string]any)
	if text, ok := o[key].(string); ok {
		return text
	}
	return fmt.Sprint(o[key])
}
