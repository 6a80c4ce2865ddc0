package compliance

import (
	"cmp"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// change is what an event of compliance tells: names, and no value.
type change struct {
	Stack    string  `json:"stack"`
	Workload string  `json:"workload"`
	Outcome  Outcome `json:"outcome"`
	// Began and Ceased are rules that the stack began or ceased to violate, the first
	// of them; BeganCount and CeasedCount count all.
	Began       []string `json:"began"`
	BeganCount  int      `json:"beganCount"`
	Ceased      []string `json:"ceased"`
	CeasedCount int      `json:"ceasedCount"`
	Errors      int      `json:"errors"`
	Cause       string   `json:"cause"`
}

// told is the fact that a stack began or ceased to violate rules; false where it did not.
func told(w Watch, before, now Words) (kernel.Fact, bool) {
	var began, ceased []string
	for id, word := range now {
		if word.Outcome == Failing && before[id].Outcome != Failing {
			began = append(began, id)
		}
	}
	for id, word := range before {
		if is := now[id].Outcome; word.Outcome == Failing && is != Failing && is != Errored {
			ceased = append(ceased, id)
		}
	}
	if len(began)+len(ceased) == 0 {
		return kernel.Fact{}, false
	}
	c := change{
		Stack: w.Stack(), Workload: w.Workload, Outcome: w.Standing.Outcome, Began: first(began), BeganCount: len(began),
		Ceased: first(ceased), CeasedCount: len(ceased), Errors: w.Standing.Policies.Error, Cause: w.Cause,
	}
	return kernel.Fact{Type: "compliance.changed", Scope: w.Scope, Subject: w.Stack(), Data: c}, true
}

func first(ids []string) []string {
	slices.SortFunc(ids, cmp.Compare[string])
	if ids == nil {
		return []string{}
	}
	return ids[:min(len(ids), toldRules)]
}
