package rego

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// tooLarge is the word on an input that is too much for its policies: none of them is
// to blame.
const tooLarge = "plan-too-large"

// common takes what several policies failed of, and tells it once, as strictly as the
// strictest of them would, with the ids of those that it tells it for.
func (e *evaluation) common() (results []policy.Result, unknown []string) {
	failed := map[string][]*task{}
	for _, t := range e.tasks {
		if t.cause != "" {
			failed[t.cause] = append(failed[t.cause], t)
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(failed)) {
		if tasks := failed[cause]; len(tasks) > 1 {
			results = append(results, together(cause, tasks))
			for _, t := range tasks {
				unknown = append(unknown, t.rule.ID)
			}
		}
	}
	return results, unknown
}

func together(cause string, tasks []*task) policy.Result {
	r := policy.Result{
		Policy: tooLarge, Rule: tooLarge, Title: "The plan is too much for the policies", Outcome: policy.Errored, Level: policy.Advisory,
		Fix: "plan less at once: split the stack, or take long texts and lists out of it",
	}
	var names []string
	for _, t := range tasks {
		if t.level.AtLeast(r.Level) {
			r.Level = t.level
		}
		if t.rule.Severity.Rank() > r.Severity.Rank() {
			r.Severity = t.rule.Severity
		}
		names, t.results = append(names, t.rule.ID), nil
	}
	if more := len(names) - 5; more > 0 {
		names = append(names[:5], fmt.Sprintf("%d others", more))
	}
	r.Message = fmt.Sprintf("%d policies could not be evaluated: %s (%s)", len(tasks), cause, strings.Join(names, ", "))
	return r
}
