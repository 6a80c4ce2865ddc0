// Package complianceapi serves where what is applied stands over HTTP: stacks,
// findings, reports, and previews of policies.
//
// It owns paths and wire types. It decides nothing; governance/compliance does.
package complianceapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a compliance service.
type API struct {
	Compliance *compliance.Service
}

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "How something stands against policies.", compliance.Outcomes()...)
	httpserver.Enum(api, "What becomes of a finding.", compliance.Effects()...)
	httpserver.Register(api, operation("list-compliance", http.MethodGet, "/stacks", "Tell how what is applied stands against the policies, stack by stack"), a.stacks)
	httpserver.Register(api, operation("list-compliance-findings", http.MethodGet, "/findings", "List what fails, is exempted or cannot be evaluated, the worst first"), a.findings)
	evaluate := operation("evaluate-compliance", http.MethodPost, "", "Hold what is applied in a project against the policies again")
	evaluate.Path, evaluate.DefaultStatus = "/projects/{project}/compliance/evaluations", http.StatusAccepted
	httpserver.Register(api, evaluate, a.evaluate)
	a.registerPreviews(api)
	a.registerReports(api)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/compliance" + path, Summary: summary, Tags: []string{"compliance"}}
}

// Place narrows what is told.
type Place struct {
	httpserver.ScopeParam

	Stage    string `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Workload string `query:"workload" maxLength:"63" doc:"Only of this workload."`
}

func (p Place) filter() compliance.Filter {
	return compliance.Filter{Project: p.Project, Stage: p.Stage, Workload: p.Workload}
}

type stacksInput struct {
	Place
	httpserver.PageParams

	Outcome compliance.Outcome `query:"outcome" doc:"Only those that stand so."`
}

type stacksOutput struct {
	Body kernel.Page[compliance.Standing]
}

func (a API) stacks(ctx context.Context, in *stacksInput) (*stacksOutput, error) {
	f := in.filter()
	f.Outcome = in.Outcome
	page, err := a.Compliance.Standings(ctx, in.Scope(ctx), f, in.Page())
	return &stacksOutput{Body: page}, err
}

type findingsInput struct {
	Place
	httpserver.PageParams

	Outcome  compliance.Outcome `query:"outcome" doc:"Only those that stand so."`
	Rule     string             `query:"rule" maxLength:"200" doc:"Only of this policy."`
	Level    policy.Level       `query:"level" enum:"advisory,soft-mandatory,hard-mandatory" doc:"Only of this level."`
	Severity policy.Severity    `query:"severity" enum:"low,medium,high,critical" doc:"Only of this severity."`
	Control  string             `query:"control" maxLength:"100" doc:"Only those that answer this control, as framework:id."`
}

type findingsOutput struct {
	Body kernel.Page[compliance.Finding]
}

func (a API) findings(ctx context.Context, in *findingsInput) (*findingsOutput, error) {
	f := in.filter()
	f.Outcome, f.Rule, f.Level, f.Severity, f.Control = in.Outcome, in.Rule, string(in.Level), string(in.Severity), in.Control
	page, err := a.Compliance.Findings(ctx, in.Scope(ctx), f, in.Page())
	return &findingsOutput{Body: page}, err
}

type evaluateInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Body    struct {
		Stage    string `json:"stage,omitempty" maxLength:"63" doc:"One stage; without it, all."`
		Workload string `json:"workload,omitempty" maxLength:"63" doc:"One workload; without it, all."`
	}
}

type evaluateOutput struct {
	Body ComplianceAsked
}

// ComplianceAsked is what is evaluated again.
type ComplianceAsked struct {
	Stacks int `json:"stacks" doc:"How many stacks are evaluated."`
}

func (a API) evaluate(ctx context.Context, in *evaluateInput) (*evaluateOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	n, err := a.Compliance.Evaluate(ctx, scope, compliance.Filter{Stage: in.Body.Stage, Workload: in.Body.Workload})
	return &evaluateOutput{Body: ComplianceAsked{Stacks: n}}, err
}
