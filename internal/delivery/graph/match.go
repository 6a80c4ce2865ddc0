package graph

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Match returns the definition that serves a resource, and why: the most
// specific of those that apply, compared field by field: id, then stage, then
// project, then target, then runtime. The class always has to be the same.
func Match(defs []Definition, c Context, typ, class, id string) (Definition, Explanation, error) {
	x, err := NewIndex(defs)
	if err != nil {
		return Definition{}, Explanation{}, err
	}
	return x.Match(c, typ, class, id)
}

// Match is the function Match over the index's definitions.
func (x *Index) Match(c Context, typ, class, id string) (Definition, Explanation, error) {
	won, why, err := x.match(c, typ, class, id)
	if err != nil {
		return Definition{}, why, err
	}
	return won.Definition, why, nil
}

func (x *Index) match(c Context, typ, class, id string) (*compiled, Explanation, error) {
	if class == "" {
		class = workload.DefaultClass
	}
	why := Explanation{Type: typ, Class: class, ID: id, Context: c, Candidates: []Candidate{}}
	asked := Criterion{Target: c.Target, Runtime: c.Runtime, Project: c.Project, Stage: c.Stage, Class: class, ID: id}
	best := x.best(typ, asked)
	why.Candidates = append(why.Candidates, explain(x.byType[typ], asked, best)...)
	if best == nil {
		return nil, why, x.noMatch(typ, asked)
	}
	why.Definition, why.Criterion = best.def.Name, best.criterion
	return best.def, why, nil
}

// best returns the first that applies: candidates are sorted, the most specific first.
func (x *Index) best(typ string, asked Criterion) *candidate {
	for i, c := range x.byType[typ] {
		if c.criterion.applies(asked) {
			return &x.byType[typ][i]
		}
	}
	return nil
}

func (c Criterion) applies(asked Criterion) bool {
	return c.Class == asked.Class && (c.ID == "" || c.ID == asked.ID) && (c.Stage == "" || c.Stage == asked.Stage) &&
		(c.Project == "" || c.Project == asked.Project) && (c.Target == "" || c.Target == asked.Target) &&
		(c.Runtime == "" || c.Runtime == asked.Runtime)
}

// mismatch says why the criterion does not apply.
func (c Criterion) mismatch(asked Criterion) string {
	if c.Class != asked.Class {
		return "does not apply: it is for the class " + c.Class + ", not " + asked.Class
	}
	for _, f := range []struct{ name, want, have string }{
		{"id", c.ID, asked.ID},
		{"stage", c.Stage, asked.Stage},
		{"project", c.Project, asked.Project},
		{"target", c.Target, asked.Target},
		{"runtime", c.Runtime, asked.Runtime},
	} {
		if f.want != "" && f.want != f.have {
			have := f.have
			if have == "" {
				have = "a resource without one"
			}
			return "does not apply: it is for the " + f.name + " " + f.want + ", not " + have
		}
	}
	return "applies"
}

// explain tells of every candidate, the winner first, then those that apply,
// then the others, each from the most specific on.
func explain(candidates []candidate, asked Criterion, best *candidate) []Candidate {
	var won, matched, lost []Candidate
	for i := range candidates {
		c := &candidates[i]
		e := Candidate{Definition: c.def.Name, Criterion: c.criterion}
		switch {
		case c == best:
			e.Won, e.Matched, e.Reason = true, true, "wins: "+specific(c.criterion)
			won = append(won, e)
		case c.criterion.applies(asked):
			e.Matched = true
			e.Reason = "applies, but " + best.def.Name + " is more specific: it " + beats(best.criterion, c.criterion)
			matched = append(matched, e)
		default:
			e.Reason = c.criterion.mismatch(asked)
			lost = append(lost, e)
		}
	}
	return slices.Concat(won, matched, lost)
}

func specific(c Criterion) string {
	c = c.normal()
	if c.rank() == 0 {
		return "it applies everywhere, and nothing more specific does"
	}
	return "it is the most specific that applies, with " + strings.Trim(c.String(), "{}")
}

// beats names the field through which a is more specific than b.
func beats(a, b Criterion) string {
	for _, f := range []struct{ name, a, b string }{{"id", a.ID, b.ID}, {"stage", a.Stage, b.Stage}, {"project", a.Project, b.Project}, {"target", a.Target, b.Target}, {"runtime", a.Runtime, b.Runtime}} {
		if f.a != "" && f.b == "" {
			return "names the " + f.name + " " + f.a
		}
	}
	return "names more"
}

func (x *Index) noMatch(typ string, asked Criterion) error {
	const add = "to add one, write a Definition with spec.type %s and apply it: terrace definition apply FILE"
	if len(x.byType[typ]) == 0 {
		known := "there are no definitions yet; "
		if len(x.types) > 0 {
			known = "the types are " + strings.Join(x.types, ", ") + "; "
		}
		if near := yamldoc.Nearest(typ, x.types); near != "" {
			known = "did you mean " + near + "? " + known
		}
		return kernel.Errorf(kernel.Invalid, "no definition serves the type %q", typ).WithFix(known+add, typ)
	}
	var have []string
	for _, c := range x.byType[typ] {
		have = append(have, c.def.Name+" "+c.criterion.String())
	}
	return kernel.Errorf(kernel.Invalid, "no definition of the type %s applies to %s", typ, asked).
		WithFix("the definitions of the type are "+strings.Join(have, ", ")+"; "+add, typ)
}
