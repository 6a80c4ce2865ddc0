package policyapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type requestInput struct {
	httpserver.ScopeParam
	Body struct {
		Policy   string    `json:"policy,omitempty" maxLength:"200" doc:"The id of one policy; or set."`
		Set      string    `json:"set,omitempty" maxLength:"500" doc:"The name of a source of policies, such as terrace: all of them."`
		Stage    string    `json:"stage,omitempty" maxLength:"63" doc:"Only on this stage."`
		Workload string    `json:"workload,omitempty" maxLength:"63" doc:"Only of this workload."`
		Address  string    `json:"address,omitempty" maxLength:"500" doc:"Only this resource or module and what is below, or, with * at the end, what begins so."`
		Reason   string    `json:"reason" minLength:"1" maxLength:"1000"`
		Until    time.Time `json:"until" doc:"When it expires."`
	}
}

type exemptionOutput struct{ Body policy.Exemption }

func (a API) request(ctx context.Context, in *requestInput) (*exemptionOutput, error) {
	e, err := a.Policies.RequestExemption(ctx, in.Scope(ctx), policy.ExemptionRequest{
		Policy: in.Body.Policy, Set: in.Body.Set, Stage: in.Body.Stage, Workload: in.Body.Workload, Address: in.Body.Address,
		Reason: in.Body.Reason, Until: in.Body.Until,
	})
	return &exemptionOutput{Body: e}, err
}

type listInput struct {
	httpserver.ScopeParam
	httpserver.PageParams

	Stage    string                 `query:"stage" maxLength:"63" doc:"Only those that count on this stage."`
	Workload string                 `query:"workload" maxLength:"63" doc:"Only those that count for this workload."`
	Policy   string                 `query:"policy" maxLength:"200" doc:"Only those from this policy."`
	Status   policy.ExemptionStatus `query:"status" doc:"Only with this status; without it, requested and approved."`
	All      bool                   `query:"all" doc:"Those that ended, too."`
}

type listOutput struct {
	Body kernel.Page[policy.Exemption]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Policies.ListExemptions(ctx, in.Scope(ctx), policy.ExemptionFilter{
		Stage: in.Stage, Workload: in.Workload, Policy: in.Policy, Status: in.Status, All: in.All,
	}, in.Page())
	return &listOutput{Body: page}, err
}

func (a API) get(ctx context.Context, in *IDPath) (*exemptionOutput, error) {
	e, err := a.Policies.GetExemption(ctx, in.Scope(ctx), in.ID)
	return &exemptionOutput{Body: e}, err
}

type approveInput struct {
	IDPath

	Body ExemptionApproval
}

// ExemptionApproval is a person's word for an exemption.
type ExemptionApproval struct {
	Reason string `json:"reason,omitempty" maxLength:"1000"`
}

func (a API) approve(ctx context.Context, in *approveInput) (*exemptionOutput, error) {
	e, err := a.Policies.ApproveExemption(ctx, in.Scope(ctx), in.ID, in.Body.Reason)
	return &exemptionOutput{Body: e}, err
}

type reasonInput struct {
	IDPath

	Body PolicyWithdrawal
}

// PolicyWithdrawal ends an exemption or an assignment.
type PolicyWithdrawal struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

func (a API) revoke(ctx context.Context, in *reasonInput) (*exemptionOutput, error) {
	e, err := a.Policies.RevokeExemption(ctx, in.Scope(ctx), in.ID, in.Body.Reason)
	return &exemptionOutput{Body: e}, err
}
