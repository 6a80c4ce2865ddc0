package upstreamapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

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
	remove.Description = "Its sessions end, and with them the groups and roles that its rules gave. Users that it made stay, and nobody signs in as them; personal tokens of theirs hold until they are revoked, or the user is disabled."
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

// UpstreamSettings are what an admin says of another provider. What is not named has its
// default, or stays.
type UpstreamSettings struct {
	Label        *string            `json:"label,omitempty" maxLength:"64" doc:"What is on its button: Sign in with …; its name unless given."`
	ClientID     *string            `json:"clientId,omitempty" maxLength:"256" doc:"What it calls Terrace."`
	ClientSecret *string            `json:"clientSecret,omitempty" maxLength:"1024" doc:"The secret of the client, which is never shown, or a reference to it, ${secret:PROJECT/STAGE/NAME}; empty for a client without one."`
	Scopes       []string           `json:"scopes,omitempty" maxItems:"64" doc:"What is asked for; openid, profile and email unless given."`
	Subject      []string           `json:"subject,omitempty" maxItems:"4" doc:"The claims that tell accounts apart; iss and sub unless given. None that people can change."`
	NameClaim    *string            `json:"nameClaim,omitempty" maxLength:"128" doc:"Where the name of somebody is; preferred_username unless given."`
	EmailClaim   *string            `json:"emailClaim,omitempty" maxLength:"128" doc:"Where the address of somebody is; email unless given."`
	NewUsers     *upstream.NewUsers `json:"newUsers,omitempty" doc:"What happens to somebody whom nobody here knows; refuse unless given."`
	EmailDomains *[]string          `json:"emailDomains,omitempty" maxItems:"64" doc:"Domains that addresses must be of, verified; any unless given."`
	EntraTenants *[]string          `json:"entraTenants,omitempty" maxItems:"64" doc:"Tenants of Entra ID that accounts must be of, by their ids; any unless given."`
	LinkByEmail  *bool              `json:"linkByEmail,omitempty" doc:"Whether an account becomes that of the user whose name is before the @ of its verified address."`
	UserInfo     *bool              `json:"userInfo,omitempty" doc:"Whether the userinfo endpoint is asked, too."`
	Overage      *upstream.Overage  `json:"overage,omitempty" doc:"How groups are asked for that did not fit into a token of Entra ID; refuse unless given."`
	Graph        *string            `json:"graph,omitempty" maxLength:"256" doc:"Where Microsoft Graph is; https://graph.microsoft.com unless given."`
	SignOut      *bool              `json:"signOut,omitempty" doc:"Whether who signs out here is signed out there, too."`
	Enabled      *bool              `json:"enabled,omitempty" doc:"Whether people can sign in with it; true unless given."`
	Order        *int               `json:"order,omitempty" minimum:"0" maximum:"1000" doc:"Where its button is: the lowest first."`
}

func put[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}

func (in UpstreamSettings) apply(s *upstream.Settings) {
	put(&s.Label, in.Label)
	put(&s.ClientID, in.ClientID)
	put(&s.NameClaim, in.NameClaim)
	put(&s.EmailClaim, in.EmailClaim)
	put(&s.NewUsers, in.NewUsers)
	put(&s.EmailDomains, in.EmailDomains)
	put(&s.EntraTenants, in.EntraTenants)
	put(&s.LinkByEmail, in.LinkByEmail)
	put(&s.UserInfo, in.UserInfo)
	put(&s.Overage, in.Overage)
	put(&s.Graph, in.Graph)
	put(&s.SignOut, in.SignOut)
	put(&s.Enabled, in.Enabled)
	put(&s.Order, in.Order)
	if len(in.Scopes) > 0 {
		s.Scopes = in.Scopes
	}
	if len(in.Subject) > 0 {
		s.Subject = in.Subject
	}
}

// NewUpstream asks for another provider.
type NewUpstream struct {
	UpstreamSettings

	Name   string `json:"name" minLength:"1" maxLength:"32" doc:"Unique in the tenant."`
	Issuer string `json:"issuer" minLength:"1" maxLength:"256" doc:"The address under which it says what it is, to the letter."`
}

// UpstreamRule gives a group or a role to whom a provider says certain things of.
type UpstreamRule struct {
	Name  string               `json:"name"`
	When  []upstream.Condition `json:"when,omitempty" doc:"What must hold; without any it is for everybody who signs in with the provider."`
	Group string               `json:"group,omitempty" doc:"The group that it gives."`
	Role  *upstream.Role       `json:"role,omitempty" doc:"The role that it gives."`
}

// UpstreamSecretReference is a reference to a client's secret.
type UpstreamSecretReference struct {
	Reference string `json:"reference" example:"${secret:shop/prod/entra}"`
	By        string `json:"by" doc:"Who has written it: the secret is read with what they may do."`
}

// Upstream is another provider that people sign in with.
type Upstream struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	Issuer    string `json:"issuer"`
	ClientID  string `json:"clientId"`
	HasSecret bool   `json:"hasSecret" doc:"Whether the client has a secret."`
	// SecretReference is absent for a secret that is kept here.
	SecretReference *UpstreamSecretReference `json:"secretReference,omitempty" doc:"What the client's secret is read from; absent for one that is kept here."`
	RedirectURI     string                   `json:"redirectUri" doc:"Where the provider sends people back to, which it has to know."`
	LogoutURI       string                   `json:"logoutUri" doc:"Where the provider tells that somebody has signed out there."`
	SignedOutURI    string                   `json:"signedOutUri" doc:"Where the provider sends people back to who have signed out there."`
	Scopes          []string                 `json:"scopes"`
	Subject         []string                 `json:"subject" doc:"The claims that tell accounts apart."`
	NameClaim       string                   `json:"nameClaim"`
	EmailClaim      string                   `json:"emailClaim"`
	NewUsers        upstream.NewUsers        `json:"newUsers"`
	EmailDomains    []string                 `json:"emailDomains"`
	EntraTenants    []string                 `json:"entraTenants"`
	LinkByEmail     bool                     `json:"linkByEmail"`
	UserInfo        bool                     `json:"userInfo"`
	Overage         upstream.Overage         `json:"overage"`
	Graph           string                   `json:"graph"`
	SignOut         bool                     `json:"signOut"`
	Enabled         bool                     `json:"enabled"`
	Order           int                      `json:"order"`
	Rules           []UpstreamRule           `json:"rules"`
	RulesText       string                   `json:"rulesText" doc:"The document that the rules were read from."`
	CreatedAt       time.Time                `json:"createdAt"`
}

func words(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (a API) wire(u upstream.Upstream) Upstream {
	back := a.Upstreams.Callback(u)
	base := back[:len(back)-len("/callback")]
	rules := make([]UpstreamRule, len(u.Rules))
	for i, r := range u.Rules {
		rules[i] = UpstreamRule(r)
	}
	return Upstream{
		Name: u.Name, Label: u.Label, Issuer: u.Issuer, ClientID: u.ClientID, HasSecret: u.HasSecret(), SecretReference: referenceOf(u), RedirectURI: back, LogoutURI: base + "/logout",
		SignedOutURI: base + "/signed-out", Scopes: words(u.Scopes), Subject: words(u.Subject), NameClaim: u.NameClaim, EmailClaim: u.EmailClaim,
		NewUsers: u.NewUsers, EmailDomains: words(u.EmailDomains), EntraTenants: words(u.EntraTenants), LinkByEmail: u.LinkByEmail, UserInfo: u.UserInfo,
		Overage: u.Overage, Graph: u.Graph, SignOut: u.SignOut, Enabled: u.Enabled, Order: u.Order, Rules: rules, RulesText: u.RulesText, CreatedAt: u.CreatedAt,
	}
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

func (a API) remove(ctx context.Context, in *UpstreamPath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Upstreams.Delete(ctx, scope, in.Upstream)
}

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

// UpstreamFinding is how a part of a provider's configuration does.
type UpstreamFinding struct {
	Part    string           `json:"part" doc:"What was looked at: discovery, keys, redirect, client, scopes, groups or people."`
	Outcome upstream.Outcome `json:"outcome"`
	Message string           `json:"message"`
	Fix     string           `json:"fix,omitempty"`
}

type checkOutput struct {
	Body struct {
		Findings []UpstreamFinding `json:"findings"`
	}
}

func (a API) check(ctx context.Context, in *UpstreamPath) (*checkOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Upstreams.Check(ctx, scope, in.Upstream)
	if err != nil {
		return nil, err
	}
	out := &checkOutput{}
	out.Body.Findings = make([]UpstreamFinding, len(all))
	for i, f := range all {
		out.Body.Findings[i] = UpstreamFinding(f)
	}
	return out, nil
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

// UpstreamLink is an account elsewhere that signs a user in.
type UpstreamLink struct {
	ID       string            `json:"id"`
	Upstream string            `json:"upstream" doc:"The provider's name."`
	Subject  string            `json:"subject" doc:"The claims that tell accounts apart, as JSON."`
	Name     string            `json:"name" doc:"What the provider calls it."`
	Email    string            `json:"email,omitempty"`
	LinkedBy upstream.LinkedBy `json:"linkedBy"`
	LinkedAt time.Time         `json:"linkedAt"`
	LastUsed time.Time         `json:"lastUsed"`
	Rules    []string          `json:"rules" doc:"The rules that applied when it was used last."`
}

type linksInput struct {
	User string `query:"user" maxLength:"64" doc:"Whose accounts; one's own unless given."`
	httpserver.PageParams
}

type linksOutput struct{ Body kernel.Page[UpstreamLink] }

func (a API) links(ctx context.Context, in *linksInput) (*linksOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Upstreams.ListLinks(ctx, scope, in.User, in.Page())
	if err != nil {
		return nil, err
	}
	out := kernel.Page[UpstreamLink]{Next: page.Next, Items: make([]UpstreamLink, len(page.Items))}
	for i, l := range page.Items {
		out.Items[i] = UpstreamLink{
			ID: l.ID, Upstream: l.Name, Subject: l.Subject, Name: l.Account.Name, Email: l.Email, LinkedBy: l.By, LinkedAt: l.LinkedAt, LastUsed: l.LastUsed, Rules: words(l.LastGiven),
		}
	}
	return &linksOutput{out}, nil
}

func (a API) unlink(ctx context.Context, in *struct {
	Link string `path:"link" maxLength:"64" doc:"The link's id."`
},
) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Upstreams.Unlink(ctx, scope, in.Link)
}
