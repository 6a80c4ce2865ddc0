package runner_test

import (
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
)

// summary counts what a plan does to resources.
type summary struct{ Create, Update, Replace, Delete, Noop int }

func summaryOf(plan runner.PlanResult) (s summary) {
	if plan.JSON == nil {
		return s
	}
	for _, rc := range plan.JSON.ResourceChanges {
		if rc.Mode == tfjson.ManagedResourceMode {
			s.count(rc.Change.Actions)
		}
	}
	return s
}

func (s *summary) count(a tfjson.Actions) {
	switch {
	case a.Replace():
		s.Replace++
	case a.Delete():
		s.Delete++
	case a.Update():
		s.Update++
	case a.Create():
		s.Create++
	default:
		s.Noop++
	}
}
