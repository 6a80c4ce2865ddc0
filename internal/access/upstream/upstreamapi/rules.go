package upstreamapi

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type rulesInput struct {
	UpstreamPath

	Body struct {
		Rules string `json:"rules" minLength:"1" maxLength:"1048576" doc:"A document of rules in YAML."`
	}
}

func (a API) setRules(ctx context.Context, in *rulesInput) (*upstreamOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.answer(a.Upstreams.SetRules(ctx, scope, in.Upstream, in.Body.Rules))
}

type testInput struct {
	UpstreamPath

	Body struct {
		Claims map[string]any `json:"claims" doc:"What the provider says of somebody."`
	}
}

// UpstreamVerdict is what a rule makes of claims.
type UpstreamVerdict struct {
	Rule    string `json:"rule"`
	Gives   string `json:"gives"`
	Applies bool   `json:"applies"`
	Why     string `json:"why,omitempty" doc:"What does not hold."`
}

type testOutput struct {
	Body struct {
		Verdicts []UpstreamVerdict `json:"verdicts"`
	}
}

func (a API) test(ctx context.Context, in *testInput) (*testOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(in.Body.Claims)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the claims are not readable: %w", err)
	}
	all, err := a.Upstreams.Test(ctx, scope, in.Upstream, raw)
	if err != nil {
		return nil, err
	}
	out := &testOutput{}
	out.Body.Verdicts = make([]UpstreamVerdict, len(all))
	for i, v := range all {
		out.Body.Verdicts[i] = UpstreamVerdict(v)
	}
	return out, nil
}
