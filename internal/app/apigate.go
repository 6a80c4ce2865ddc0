package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// apiGate is a run.Gate: what a workload serves breaks no clients of the stage that
// it comes to, unless two people have said that it may.
type apiGate struct{ delivery *delivery }

// Name is apis.
func (apiGate) Name() string { return "apis" }

// Foresees says that no plan is needed.
func (apiGate) Foresees() {}

// Evaluate finds the documents that the run brings, and holds them against what
// stands on its stage.
func (g apiGate) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed, Message: "the workload serves no API"}
	if g.delivery.apis == nil || in.Workload == nil || in.Part || in.Run.Operation == run.Destroy || in.Run.Operation == run.Refresh || in.Workload.Annotations[apispec.Annotation] == "" {
		return result, nil
	}
	declared, err := apispec.ReadDeclared(in.Workload.Annotations[apispec.Annotation])
	if err != nil {
		e, _ := err.(*kernel.Error) //nolint:errorlint // it comes from there
		result.Outcome, result.Message, result.Fix = run.Missed, e.Message, e.Fix
		result.Problems = []kernel.Problem{{Path: "metadata.annotations." + apispec.Annotation, Message: e.Message, Fix: e.Fix}}
		return result, nil
	}
	ctx = kernel.WithActor(ctx, kernel.System("run "+in.Run.ID, in.Run.Scope.Tenant))
	var all []apispec.Carried
	var brings []string
	for _, d := range declared {
		c, err := g.delivery.apis.Carry(ctx, apispec.Carried{
			Key: apispec.Key{Tenant: in.Run.Scope.Tenant, Project: in.Run.Scope.Project, API: d.API, Version: d.Version},
			Run: in.Run.ID, Release: in.Release.ID, Stage: in.Stage.Name, Revision: d.Revision, Back: in.Run.Operation == run.Rollback,
		}, g.delivery.stages.All()[0].Name == in.Stage.Name)
		switch {
		case kernel.Is(err, kernel.Refused):
			stopped(&result, c, err)
		case err != nil:
			return result, err
		case c.Revision == 0: // it goes back to what brought none
		default:
			all, brings = append(all, c), append(brings, fmt.Sprintf("%s at revision %d", c.Key, c.Revision))
		}
	}
	if result.Outcome != run.Passed {
		return result, nil
	}
	result.Message = "the run brings no document"
	if len(all) > 0 {
		result.Message = "the run brings " + strings.Join(brings, ", ")
	}
	if !in.Run.DryRun {
		result.Settle = func(ctx context.Context) error { return g.delivery.apis.KeepCarried(ctx, in.Run.Scope, in.Run.ID, all) }
	}
	return result, nil
}

// stopped adds what keeps a revision from the stage, with operation and line.
func stopped(result *run.GateResult, c apispec.Carried, err error) {
	e, ok := err.(*kernel.Error) //nolint:errorlint // one that is wrapped is told whole
	if !ok {
		e = kernel.Errorf(kernel.Refused, "%v", err)
	}
	if result.Outcome == run.Passed {
		result.Outcome, result.Message, result.Fix = run.Missed, e.Message, e.Fix
	} else {
		result.Message += "; " + e.Message
	}
	if len(e.Problems) == 0 {
		result.Problems = append(result.Problems, kernel.Problem{Path: c.Key.String(), Message: e.Message, Fix: e.Fix})
	}
	for _, p := range e.Problems {
		p.File = fmt.Sprintf("%s, revision %d", c.Key, c.Revision)
		result.Problems = append(result.Problems, p)
	}
}

// publish has a stage serve what a run has brought to it, in the transaction of the
// run's end.
func publish(ctx context.Context, apis *apispec.Service, f kernel.Fact, succeeded bool) ([]kernel.Fact, error) {
	if apis == nil {
		return nil, nil
	}
	scope := kernel.Scope{Tenant: f.Scope.Tenant, Project: f.Scope.Project}
	if !succeeded {
		return nil, apis.Leave(ctx, scope, f.Subject)
	}
	facts, err := apis.Arrive(ctx, scope, f.Subject)
	if len(facts) > 0 && err == nil && apis.Changed != nil {
		db.AfterCommit(ctx, func() { apis.Changed(context.WithoutCancel(ctx)) })
	}
	return facts, err
}
