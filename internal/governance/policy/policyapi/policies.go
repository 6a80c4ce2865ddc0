package policyapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type policiesInput struct {
	httpserver.ScopeParam
	httpserver.PageParams

	Text     string          `query:"text" maxLength:"200" doc:"Only those with this in their id or title."`
	Set      string          `query:"set" maxLength:"500" doc:"Only those of this source."`
	Type     string          `query:"type" maxLength:"200" doc:"Only those that look at this type of resources."`
	Control  string          `query:"control" maxLength:"100" doc:"Only those that answer this framework or control, as framework or framework:id."`
	Severity policy.Severity `query:"severity" enum:"low,medium,high,critical" doc:"Only those of this severity."`
	Level    policy.Level    `query:"level" doc:"Only those that have this level on the stage, or on any."`
	Stage    string          `query:"stage" maxLength:"63" doc:"Their levels on this stage alone; without it, on each."`
}

type policiesOutput struct {
	Body kernel.Page[policy.InForce]
}

func (a API) policies(ctx context.Context, in *policiesInput) (*policiesOutput, error) {
	page, err := a.Policies.ListPolicies(ctx, in.Scope(ctx), policy.Filter{
		Text: in.Text, Set: in.Set, Type: in.Type, Control: in.Control, Severity: in.Severity, Level: in.Level, Stage: in.Stage,
	}, in.Page())
	return &policiesOutput{Body: page}, err
}

type stateOutput struct{ Body policy.State }

func (a API) state(ctx context.Context, in *httpserver.ScopeParam) (*stateOutput, error) {
	st, err := a.Policies.State(ctx, in.Scope(ctx))
	return &stateOutput{Body: st}, err
}
