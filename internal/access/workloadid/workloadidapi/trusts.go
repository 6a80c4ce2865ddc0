package workloadidapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Trusts serves the rules by which tokens of others are exchanged.
type Trusts struct{ Service *trust.Service }

// Register adds the operations.
func (a Trusts) Register(api huma.API) {
	create := trustOperation("create-trust-rule", http.MethodPost, "", "Trust tokens of an issuer, such as those of a CI system")
	create.DefaultStatus = http.StatusCreated
	create.Description = "A token that fits is exchanged at /oauth2/token (RFC 8693) for a short one of a service account."
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, trustOperation("list-trust-rules", http.MethodGet, "", "List whose tokens are trusted"), a.list)
	remove := trustOperation("delete-trust-rule", http.MethodDelete, "/{rule}", "Trust tokens no longer")
	remove.DefaultStatus = http.StatusNoContent
	httpserver.Register(api, remove, a.remove)
	test := trustOperation("test-trust-rules", http.MethodPost, "/test", "See what each rule makes of a token")
	test.Description = "The token is checked by the keys of its issuer, and can be exchanged afterwards."
	httpserver.Register(api, test, a.test)
}

func trustOperation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/auth/trust" + path, Summary: summary, Tags: []string{"sign-in"}}
}

// NewTrustRule asks for a rule.
type NewTrustRule struct {
	Name           string            `json:"name" minLength:"1" maxLength:"64"`
	Issuer         string            `json:"issuer" minLength:"1" maxLength:"256" doc:"Where the issuer's keys are found, such as https://token.actions.githubusercontent.com."`
	Audience       string            `json:"audience,omitempty" maxLength:"256" doc:"Whom a token must be for; without it the tenant's own address."`
	Conditions     map[string]string `json:"conditions" doc:"What claims must be, by name: a value, or a pattern in which * is any characters but /."`
	ServiceAccount string            `json:"serviceAccount" minLength:"1" maxLength:"64" doc:"Whom a token stands for."`
	Scopes         []string          `json:"scopes" minItems:"1" maxItems:"5" doc:"What it is for: read, deploy, approve, secrets, admin."`
	Projects       []string          `json:"projects,omitempty" maxItems:"64" doc:"The projects that it is limited to."`
	Stages         []string          `json:"stages,omitempty" maxItems:"64" doc:"The stages that it is limited to."`
}

// TrustRule says which tokens of an issuer stand for which service account.
type TrustRule struct {
	NewTrustRule

	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
}

func ruleOf(r trust.Rule) TrustRule {
	return TrustRule{ID: r.ID, CreatedAt: r.CreatedAt, NewTrustRule: NewTrustRule{
		Name: r.Name, Issuer: r.Issuer, Audience: r.Audience, Conditions: r.Conditions, ServiceAccount: r.Service,
		Scopes: r.Scopes, Projects: r.Projects, Stages: r.Stages,
	}}
}

type createTrustInput struct{ Body NewTrustRule }

type trustOutput struct{ Body TrustRule }

func (a Trusts) create(ctx context.Context, in *createTrustInput) (*trustOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	n := in.Body
	r, err := a.Service.Create(ctx, scope, trust.Rule{
		Name: n.Name, Issuer: n.Issuer, Audience: n.Audience, Conditions: n.Conditions, Service: n.ServiceAccount,
		Scopes: n.Scopes, Projects: n.Projects, Stages: n.Stages,
	})
	return &trustOutput{Body: ruleOf(r)}, err
}

type trustsOutput struct{ Body kernel.Page[TrustRule] }

func (a Trusts) list(ctx context.Context, in *struct{ httpserver.PageParams }) (*trustsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.List(ctx, scope, in.Page())
	out := kernel.Page[TrustRule]{Next: page.Next, Items: make([]TrustRule, len(page.Items))}
	for i, r := range page.Items {
		out.Items[i] = ruleOf(r)
	}
	return &trustsOutput{Body: out}, err
}

func (a Trusts) remove(ctx context.Context, in *struct {
	Rule string `path:"rule" maxLength:"64" doc:"The rule's name."`
},
) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Service.Delete(ctx, scope, in.Rule)
}

// TrustVerdict is what a rule makes of a token.
type TrustVerdict struct {
	Rule string `json:"rule"`
	Fits bool   `json:"fits" doc:"Whether a token like this is exchanged."`
	Why  string `json:"why,omitempty" doc:"What it does not fit by."`
}

type testTrustInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"16384"`
	}
}

type testTrustOutput struct {
	Body struct {
		Verdicts []TrustVerdict `json:"verdicts"`
	}
}

func (a Trusts) test(ctx context.Context, in *testTrustInput) (*testTrustOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	verdicts, err := a.Service.Test(ctx, scope, in.Body.Token)
	if kernel.Is(err, kernel.Unauthenticated) { // the token's fault, not that of who asks
		err = kernel.Errorf(kernel.Invalid, "%s", err.Error())
	}
	out := &testTrustOutput{}
	out.Body.Verdicts = make([]TrustVerdict, len(verdicts))
	for i, v := range verdicts {
		out.Body.Verdicts[i] = TrustVerdict{Rule: v.Rule, Fits: v.Fits, Why: v.Why}
	}
	return out, err
}
