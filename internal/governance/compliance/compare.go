package compliance

import (
	"cmp"
	"errors"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// said is what an error says to people, and how it is mended. What is inside the
// platform is in its log alone.
func said(err error) (message, fix string) {
	if e, ok := errors.AsType[*kernel.Error](err); ok && e.Kind != kernel.Internal {
		return e.Message, e.Fix
	}
	return "it could not be read or evaluated, by a fault of the platform", "ask who operates Terrace to look for the stack in the daemon's log"
}

// same tells one thing that a policy says from another.
type same struct{ rule, address, attribute, message string }

func sameOf(r policy.Result) same { return same{r.Policy, r.Address, r.Attribute, r.Message} }

// compare tells what becomes of findings between two evaluations of a document.
func compare(before, after []policy.Result) []Change {
	was, is := violations(before), violations(after)
	changes := []Change{}
	for key, r := range is {
		old, there := was[key]
		switch {
		case !there:
			changes = append(changes, changeOf(Begins, r, r.Level, ""))
		case old.Level != r.Level:
			changes = append(changes, changeOf(Changes, r, r.Level, old.Level))
		}
	}
	for key, r := range was {
		if _, still := is[key]; !still {
			changes = append(changes, changeOf(Ceases, r, "", r.Level))
		}
	}
	for _, r := range after {
		if r.Outcome == policy.Errored {
			changes = append(changes, changeOf(Fails, r, r.Level, ""))
		}
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(slices.Index(Effects(), a.Effect)-slices.Index(Effects(), b.Effect), b.Severity.Rank()-a.Severity.Rank(),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Message, b.Message))
	})
	return changes
}

func violations(all []policy.Result) map[same]policy.Result {
	out := map[same]policy.Result{}
	for _, r := range all {
		if r.Outcome == policy.Violated {
			out[sameOf(r)] = r
		}
	}
	return out
}

func changeOf(e Effect, r policy.Result, level, former policy.Level) Change {
	return Change{
		Effect: e, Rule: r.Policy, Level: level, Former: former, Severity: r.Severity, Address: r.Address, Attribute: r.Attribute,
		Message: r.Message, Fix: r.Fix, Controls: r.Controls.Names(),
	}
}
