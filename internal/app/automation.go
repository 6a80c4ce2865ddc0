package app

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/delivery/automation/automationsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newRules makes what does what rules say.
func newRules(p *platform, a *access, f *fabric, d *delivery) *automation.Service {
	return automation.New(automation.Config{
		Store: automationsql.NewStore(p.db), Events: a.events, Runs: ruled{d.runs}, Notifier: f.subscriptions,
		Authors: a.identity, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
	})
}

// ruled is an automation.Runs.
type ruled struct{ runs *run.Service }

// Plan implements automation.Runs: a dry run of a release, else of the one that
// is deployed there.
func (r ruled) Plan(ctx context.Context, q automation.Request) (string, error) {
	if q.Release == "" {
		release, err := r.deployed(ctx, q)
		if err != nil {
			return "", err
		}
		q.Release = release
	}
	made, err := r.runs.Try(ctx, q.Scope, changeOf(q))
	return made.ID, err
}

func (r ruled) deployed(ctx context.Context, q automation.Request) (string, error) {
	status, err := r.runs.Workload(ctx, kernel.Scope{Tenant: q.Scope.Tenant, Project: q.Scope.Project}, q.Workload)
	if err != nil {
		return "", err
	}
	for _, st := range status.Stages {
		if st.Stage == q.Scope.Stage && st.Deployment != nil {
			return st.Deployment.Release.ID, nil
		}
	}
	return "", kernel.Errorf(kernel.Refused, "nothing of %s is deployed in %s, and the rule names no release", q.Workload, q.Scope.Stage)
}

// Promote implements automation.Runs.
func (r ruled) Promote(ctx context.Context, q automation.Request) (string, error) {
	made, err := r.runs.Promote(ctx, q.Scope, changeOf(q))
	return made.ID, err
}

func changeOf(q automation.Request) run.ChangeRequest {
	return run.ChangeRequest{Workload: q.Workload, Stage: q.Scope.Stage, Release: q.Release, Reason: q.Reason}
}

// looked is an automation.Drift.
type looked struct{ drift *drift.Service }

// Check implements automation.Drift.
func (l looked) Check(ctx context.Context, q automation.Request) (string, error) {
	checks, err := l.drift.RequestChecks(ctx, kernel.Scope{Tenant: q.Scope.Tenant, Project: q.Scope.Project}, drift.CheckRequest{Stage: q.Scope.Stage, Workload: q.Workload})
	ids := make([]string, 0, len(checks))
	for _, c := range checks {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " "), err
}
