package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
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
	// logs have those of runs looked through for leaked values.
	logs *leaklog.Watcher
	// apis are published where runs have brought them.
	apis *apispec.Service
	// names have the private endpoints of stages.
	names *dns.Service
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
	if err := a.deployed(ctx, f); err != nil {
		return nil, err
	}
	ended, err := a.ended(ctx, f)
	return append(expiry, ended...), err
}

// runEnd is what a fact tells of the end of a run.
type runEnd struct {
	status    run.Status
	Workload  string        `json:"workload"`
	Operation run.Operation `json:"operation"`
	Failure   *run.Failure  `json:"failure"`
}

// endOf is the end of a run, where a fact tells one.
func endOf(f kernel.Fact) (end runEnd, ended bool, err error) {
	status, ok := strings.CutPrefix(f.Type, "run.")
	end.status = run.Status(status)
	if !ok || !end.status.Terminal() || !slices.Contains(run.Statuses(), end.status) {
		return end, false, nil
	}
	raw, err := json.Marshal(f.Data)
	if err == nil {
		err = json.Unmarshal(raw, &end)
	}
	return end, err == nil, err
}

// ended tells drift and compliance of the end of a run, and has its log looked through.
func (a *runEnds) ended(ctx context.Context, f kernel.Fact) ([]kernel.Fact, error) {
	if p, gone, changed := changedState(f); changed && a.compliance != nil {
		return nil, a.compliance.Applied(ctx, p, gone)
	}
	end, ended, err := endOf(f)
	if err != nil || !ended {
		return nil, err
	}
	if a.logs != nil {
		if err := a.logs.Ended(ctx, leaklog.Log{Scope: f.Scope, Workload: end.Workload, Run: f.Subject}); err != nil {
			return nil, err
		}
	}
	published, err := publish(ctx, a.apis, f, end.status == run.Succeeded)
	if err != nil || a.drift == nil || end.status == run.PlannedOnly {
		return published, err
	}
	e := drift.RunEnd{
		Run: f.Subject, Deployed: drift.Deployed{Scope: f.Scope, Workload: end.Workload}, Destroyed: end.Operation == run.Destroy,
	}
	if end.status != run.Succeeded {
		e.Failed = "it was " + string(end.status)
		if end.Failure != nil {
			e.Failed = end.Failure.Message
		}
	}
	if a.compliance != nil {
		p := compliance.Place{Scope: f.Scope, Workload: end.Workload}
		if err := a.compliance.Applied(ctx, p, e.Destroyed && e.Failed == ""); err != nil {
			return nil, err
		}
	}
	drifted, err := a.drift.RunEnded(ctx, e)
	return append(published, drifted...), err
}
