package factorapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// FactorRule says of whom a second factor is asked.
type FactorRule struct {
	Policy factor.Policy `json:"policy"`
}

type policyOutput struct{ Body FactorRule }

func (a API) policy(ctx context.Context, _ *struct{}) (*policyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	p, err := a.Factors.PolicyOf(ctx, scope)
	return &policyOutput{FactorRule{p}}, err
}

type setPolicyInput struct {
	Body struct {
		Policy factor.Policy `json:"policy"`
		Reason string        `json:"reason,omitempty" maxLength:"500" doc:"Why, for the audit log."`
	}
}

func (a API) setPolicy(ctx context.Context, in *setPolicyInput) (*policyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return &policyOutput{FactorRule{in.Body.Policy}}, a.Factors.SetPolicy(ctx, scope, in.Body.Policy, in.Body.Reason)
}
