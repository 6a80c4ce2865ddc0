package app

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// putBack is a gate that tells what a plan puts back of what was changed
// outside, so that nothing that somebody accepted or ignores is undone silently.
type putBack struct{ drift *drift.Service }

// Name is drift.
func (*putBack) Name() string { return "drift" }

// Evaluate warns of what somebody decided to keep.
func (g *putBack) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.Advisory, Outcome: run.Passed, Message: "nothing that was found changed outside is put back"}
	if in.Run.Operation != run.Deploy {
		return result, nil
	}
	all, err := g.drift.Undoes(ctx, drift.Deployed{Scope: in.Run.Scope, Workload: in.Run.Workload}, in.Run.ID, in.Plan)
	if err != nil || len(all) == 0 {
		return result, err
	}
	var kept, others []kernel.Problem
	for _, one := range all {
		to := &others
		if one.Kept() {
			to = &kept
		}
		*to = append(*to, kernel.Problem{Path: one.Address, Message: one.String()})
	}
	result.Problems = append(kept, others...)
	result.Message = fmt.Sprintf("the plan puts back what was changed outside of %d resources", len(all))
	if len(kept) > 0 {
		result.Outcome = run.Missed
		result.Message += fmt.Sprintf("; of %d of them somebody accepted or ignores it", len(kept))
		result.Fix = "see terrace drift show for the code that says otherwise, and change it there where what was changed is to stay"
	}
	return result, nil
}
