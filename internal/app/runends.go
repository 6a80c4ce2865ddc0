package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// runEnds tells drift and compliance of the runs that ended, budgets of what they
// cost, and compliance of states that were changed otherwise, in their transactions.
type runEnds struct {
	drift   *drift.Service
	budgets *budget.Service
	// lifetimes begin with what is applied, and end with what is removed.
	lifetimes  *lifetime.Service
	compliance *compliance.Service
}

// Before takes note of a fact that is about to be recorded, and returns those
// that follow from it.
func (a *runEnds) Before(ctx context.Context, f kernel.Fact) ([]kernel.Fact, error) {
	if err := follow(ctx, a.budgets, f); err != nil {
		return nil, err
	}
	expiry, err := expire(ctx, a.lifetimes, f)
	if err != nil {
		return nil, err
	}
	ended, err := a.ended(ctx, f)
	return append(expiry, ended...), err
}

// ended tells drift and compliance of the end of a run.
func (a *runEnds) ended(ctx context.Context, f kernel.Fact) ([]kernel.Fact, error) {
	if p, gone, changed := changedState(f); changed && a.compliance != nil {
		return nil, a.compliance.Applied(ctx, p, gone)
	}
	end, ok := strings.CutPrefix(f.Type, "run.")
	if !ok || a.drift == nil {
		return nil, nil
	}
	status := run.Status(end)
	if !status.Terminal() || !slices.Contains(run.Statuses(), status) || status == run.PlannedOnly {
		return nil, nil
	}
	raw, err := json.Marshal(f.Data)
	if err != nil {
		return nil, err
	}
	var told struct {
		Workload  string        `json:"workload"`
		Operation run.Operation `json:"operation"`
		Failure   *run.Failure  `json:"failure"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return nil, err
	}
	e := drift.RunEnd{
		Run: f.Subject, Deployed: drift.Deployed{Scope: f.Scope, Workload: told.Workload}, Destroyed: told.Operation == run.Destroy,
	}
	if status != run.Succeeded {
		e.Failed = "it was " + end
		if told.Failure != nil {
			e.Failed = told.Failure.Message
		}
	}
	if a.compliance != nil {
		p := compliance.Place{Scope: f.Scope, Workload: told.Workload}
		if err := a.compliance.Applied(ctx, p, e.Destroyed && e.Failed == ""); err != nil {
			return nil, err
		}
	}
	return a.drift.RunEnded(ctx, e)
}
