package identityapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerWhy(api huma.API) {
	httpserver.Register(api, operation("explain-access", http.MethodGet, "/access/why", "Tell whether somebody may do an action, and why"), a.why)
	httpserver.Register(api, operation("list-actions", http.MethodGet, "/access/actions", "List the actions, with who may do them"), a.actions)
}

// AccessDecision is a decision with all that it was made of.
type AccessDecision struct {
	Subject  GrantSubject        `json:"subject"`
	Action   string              `json:"action"`
	Where    string              `json:"where" doc:"What it is about, in words."`
	Allowed  bool                `json:"allowed"`
	Why      string              `json:"why"`
	Needs    []identity.Role     `json:"needs" doc:"The roles of which one is needed."`
	Scope    identity.TokenScope `json:"scope" doc:"The scope that a token with scopes needs."`
	Grants   []ConsideredGrant   `json:"grants" doc:"All grants of the subject and of its groups."`
	Limits   *TokenLimits        `json:"limits,omitempty" doc:"What the caller's token narrows, where the caller asks for itself."`
	Beyond   string              `json:"beyond,omitempty" doc:"Why the token is not good for it."`
	Grantors []string            `json:"grantors,omitempty" doc:"Some who can grant what is missing."`
}

// ConsideredGrant is a grant and what it does for a decision.
type ConsideredGrant struct {
	Grant

	Via    string `json:"via,omitempty" doc:"The group that it comes through."`
	Counts bool   `json:"counts"`
	Why    string `json:"why"`
}

type whyInput struct {
	Action  string               `query:"action" required:"true" minLength:"1" maxLength:"64" doc:"The action, such as workload.deploy."`
	Kind    identity.SubjectKind `query:"kind" default:"user" doc:"What subject names."`
	Subject string               `query:"subject" maxLength:"64" doc:"Who; the caller unless given."`
	Project string               `query:"project" maxLength:"63" doc:"The project that it is about; the tenant unless given."`
	Stage   string               `query:"stage" maxLength:"63" doc:"The stage that it is about."`
}

type whyOutput struct{ Body AccessDecision }

func (a API) why(ctx context.Context, in *whyInput) (*whyOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	scope.Stage = in.Stage
	x, err := a.Service.Explain(ctx, identity.Subject{Kind: in.Kind, Name: in.Subject}, in.Action, scope)
	if err != nil {
		return nil, err
	}
	out := AccessDecision{
		Subject: GrantSubject{Kind: x.Who.Kind, Name: x.Who.Name}, Action: x.Action, Where: x.Where, Allowed: x.Allowed, Why: x.Why, Needs: x.Needs,
		Scope: x.Scope, Grants: []ConsideredGrant{}, Limits: limitsOf(x.Limits), Beyond: x.Beyond, Grantors: x.Grantors,
	}
	for _, g := range x.Grants {
		out.Grants = append(out.Grants, ConsideredGrant{Grant: grantOf(g.Grant), Via: g.Via, Counts: g.Counts, Why: g.Why})
	}
	return &whyOutput{Body: out}, nil
}

// AccessAction is an action with who may do it.
type AccessAction struct {
	Name  string              `json:"name"`
	Roles []identity.Role     `json:"roles"`
	Scope identity.TokenScope `json:"scope"`
}

type actionsOutput struct {
	Body kernel.Page[AccessAction]
}

func (a API) actions(ctx context.Context, _ *struct{}) (*actionsOutput, error) {
	if _, err := httpserver.Scope(ctx, ""); err != nil {
		return nil, err
	}
	out := &actionsOutput{Body: kernel.Page[AccessAction]{Items: []AccessAction{}}}
	for _, one := range a.Service.Actions() {
		out.Body.Items = append(out.Body.Items, AccessAction{Name: one.Name, Roles: one.Roles, Scope: one.Scope})
	}
	return out, nil
}
