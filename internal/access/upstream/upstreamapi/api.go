package upstreamapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves what admins set and see of other providers, and people of their accounts there.
type API struct{ Upstreams *upstream.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What happens to somebody whom nobody here knows.", upstream.Refuse, upstream.CreateDisabled, upstream.CreateActive)
	httpserver.Enum(api, "What becomes of users whom a provider has made when it is removed.", upstream.KeepUsers, upstream.DisableUsers, upstream.DeleteUsers)
	httpserver.Enum(api, "How groups are asked for that did not fit into a token of Entra ID.", upstream.OverageRefuse, upstream.OverageUser, upstream.OverageClient)
	httpserver.Enum(api, "How a claim is compared.", upstream.Operators()...)
	httpserver.Enum(api, "How a part of an upstream's configuration does.", upstream.Fine, upstream.Unclear, upstream.Broken)
	httpserver.Enum(api, "How an account came to belong to a user.", upstream.LinkedAtFirst, upstream.LinkedBySelf, upstream.LinkedByEmail)
	create := operation("create-upstream", http.MethodPost, "/upstreams", "Have people sign in with another OpenID provider")
	create.DefaultStatus = http.StatusCreated
	create.Description = "The provider has to know the redirectUri of the answer."
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, operation("list-upstreams", http.MethodGet, "/upstreams", "List the other providers that people sign in with"), a.list)
	httpserver.Register(api, operation("get-upstream", http.MethodGet, "/upstreams/{upstream}", "Get one of them"), a.get)
	change := operation("update-upstream", http.MethodPatch, "/upstreams/{upstream}", "Change one of them")
	change.Description = "What is not named stays. Its name and its issuer stay always: accounts of another issuer are other accounts."
	httpserver.Register(api, change, a.change)
	remove := operation("delete-upstream", http.MethodDelete, "/upstreams/{upstream}", "Have nobody sign in with it any more")
	remove.Description = "Its sessions end, and with them the groups and roles that its rules gave. Where it has made users who sign in in no other way, users has to say what becomes of them: personal tokens of those that are kept hold until they are revoked."
	httpserver.Register(api, remove, a.remove)
	check := operation("check-upstream", http.MethodPost, "/upstreams/{upstream}/check", "See what is wrong with its configuration")
	check.Description = "The provider is asked for its configuration, its keys, and whether it knows the client. Nobody is signed in."
	httpserver.Register(api, check, a.check)
	rules := operation("set-upstream-rules", http.MethodPut, "/upstreams/{upstream}/rules", "Replace the rules by which claims give groups and roles")
	rules.Description = "They hold from the next sign-in on. A rule gives no more than who sets it may give."
	httpserver.Register(api, rules, a.setRules)
	test := operation("test-upstream-rules", http.MethodPost, "/upstreams/{upstream}/test", "See what each rule makes of claims")
	httpserver.Register(api, test, a.test)
	httpserver.Register(api, operation("list-upstream-links", http.MethodGet, "/links", "List the accounts elsewhere that sign a user in"), a.links)
	unlink := operation("delete-upstream-link", http.MethodDelete, "/links/{link}", "Have an account elsewhere sign nobody in")
	unlink.Description = "People unlink their own, admins those of all. What came of signing in with it ends."
	httpserver.Register(api, unlink, a.unlink)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/auth" + path, Summary: summary, Tags: []string{"sign-in"}}
}

// referenceOf is what a client's secret is read from.
func referenceOf(u upstream.Upstream) *UpstreamSecretReference {
	if u.SecretFrom == nil {
		return nil
	}
	return &UpstreamSecretReference{Reference: u.SecretFrom.Reference, By: u.SecretFrom.By.Name}
}

type upstreamOutput struct{ Body Upstream }

func (a API) answer(u upstream.Upstream, err error) (*upstreamOutput, error) {
	if err != nil {
		return nil, err
	}
	return &upstreamOutput{a.wire(u)}, nil
}

func (a API) create(ctx context.Context, in *struct{ Body NewUpstream }) (*upstreamOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	n := upstream.NewUpstream{Name: in.Body.Name, Issuer: in.Body.Issuer, Settings: upstream.Settings{Enabled: true}}
	in.Body.apply(&n.Settings)
	put(&n.Secret, in.Body.ClientSecret)
	return a.answer(a.Upstreams.Create(ctx, scope, n))
}

// UpstreamPath names another provider.
type UpstreamPath struct {
	Upstream string `path:"upstream" maxLength:"64" doc:"The provider's name."`
}

func (a API) get(ctx context.Context, in *UpstreamPath) (*upstreamOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.answer(a.Upstreams.Get(ctx, scope, in.Upstream))
}

type upstreamsOutput struct{ Body kernel.Page[Upstream] }

func (a API) list(ctx context.Context, in *struct{ httpserver.PageParams }) (*upstreamsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Upstreams.List(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := kernel.Page[Upstream]{Next: page.Next, Items: make([]Upstream, len(page.Items))}
	for i, u := range page.Items {
		out.Items[i] = a.wire(u)
	}
	return &upstreamsOutput{out}, nil
}

type changeInput struct {
	UpstreamPath

	Body UpstreamSettings
}

func (a API) change(ctx context.Context, in *changeInput) (*upstreamOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.answer(a.Upstreams.Change(ctx, scope, in.Upstream, upstream.Change{Settings: in.Body.apply, Secret: in.Body.ClientSecret}))
}

func (a API) remove(ctx context.Context, in *struct {
	UpstreamPath

	Users upstream.MadeUsers `query:"users" doc:"What becomes of users whom it has made, and who sign in in no other way; needed where there are some."`
},
) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Upstreams.Delete(ctx, scope, in.Upstream, in.Users)
}
