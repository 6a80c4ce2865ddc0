package driftapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type requestChecksInput struct {
	ProjectPath
	Body struct {
		Stage    string `json:"stage" maxLength:"63"`
		Workload string `json:"workload,omitempty" maxLength:"63" doc:"One workload; without it, all of the stage."`
	}
}

type checksOutput struct {
	Body DriftChecks
}

// DriftChecks are the checks that were asked for.
type DriftChecks struct {
	Checks []drift.Check `json:"checks"`
}

func (a API) requestChecks(ctx context.Context, in *requestChecksInput) (*checksOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	checks, err := a.Drift.RequestChecks(ctx, scope, drift.CheckRequest{Stage: in.Body.Stage, Workload: in.Body.Workload})
	if err != nil {
		return nil, err
	}
	return &checksOutput{Body: DriftChecks{Checks: checks}}, nil
}

type checkOutput struct{ Body drift.Check }

func (a API) getCheck(ctx context.Context, in *DriftPath) (*checkOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	c, err := a.Drift.GetCheck(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &checkOutput{Body: c}, nil
}

type listInput struct {
	ProjectPath
	httpserver.PageParams

	Workload string         `query:"workload" maxLength:"63" doc:"Only of this workload."`
	Stage    string         `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Status   drift.Status   `query:"status" doc:"Only with this status; without it, all but what is resolved."`
	Severity drift.Severity `query:"severity" doc:"Only of this severity."`
	All      bool           `query:"all" doc:"What is resolved, too."`
}

type listOutput struct {
	Body kernel.Page[Drift]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Drift.List(ctx, scope, drift.Filter{
		Workload: in.Workload, Stage: in.Stage, Status: in.Status, Severity: in.Severity, All: in.All,
	}, in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: kernel.Page[Drift]{Items: wires(page.Items), Next: page.Next}}, nil
}

type countOutput struct {
	Body DriftCounts
}

// DriftCounts are how many findings of a project are not resolved.
type DriftCounts struct {
	Items []drift.Count `json:"items"`
}

func (a API) count(ctx context.Context, in *ProjectPath) (*countOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	counts, err := a.Drift.Counts(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &countOutput{Body: DriftCounts{Items: counts}}, nil
}

type driftOutput struct{ Body Drift }

func (a API) get(ctx context.Context, in *DriftPath) (*driftOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	d, err := a.Drift.Get(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &driftOutput{Body: wire(d)}, nil
}

type decideInput struct {
	ProjectPath
	Body DriftDecisionRequest
}

// DriftDecisionRequest decides on findings.
type DriftDecisionRequest struct {
	Drifts []string `json:"drifts" minItems:"1" maxItems:"200" doc:"Ids of findings of one workload on one stage."`
	Reason string   `json:"reason,omitempty" maxLength:"1000"`
}

type decideOutput struct {
	Body DriftOutcome
}

// DriftOutcome is what a decision set off.
type DriftOutcome struct {
	Drifts []Drift  `json:"drifts"`
	Run    string   `json:"run" doc:"The run that carries the decision out."`
	Notes  []string `json:"notes" doc:"What else has to be known, such as where code says otherwise."`
}

type decide = func(ctx context.Context, in *decideInput) (*decideOutput, error)

func (a API) accept(ctx context.Context, in *decideInput) (*decideOutput, error) {
	return outcome(ctx, in, a.Drift.Accept)
}

func (a API) revert(ctx context.Context, in *decideInput) (*decideOutput, error) {
	return outcome(ctx, in, a.Drift.Revert)
}

func outcome(ctx context.Context, in *decideInput, do func(context.Context, kernel.Scope, []string, string) (drift.Outcome, error)) (*decideOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	out, err := do(ctx, scope, in.Body.Drifts, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &decideOutput{Body: DriftOutcome{Drifts: wires(out.Drifts), Run: out.Run, Notes: out.Notes}}, nil
}

type ignoreInput struct {
	DriftPath
	Body struct {
		Attributes []string  `json:"attributes,omitempty" maxItems:"200" doc:"Paths of attributes; without them, all that differ now."`
		Until      time.Time `json:"until" doc:"When it is open again."`
		Reason     string    `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (a API) ignore(ctx context.Context, in *ignoreInput) (*driftOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	d, err := a.Drift.Ignore(ctx, scope, drift.IgnoreRequest{
		ID: in.ID, Attributes: in.Body.Attributes, Until: in.Body.Until, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return &driftOutput{Body: wire(d)}, nil
}
