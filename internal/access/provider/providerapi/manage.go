package providerapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves what admins see and set of the provider: its clients, its keys and who is signed in where.
type API struct{ Provider *provider.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a signing key is in its life.", provider.KeyNext, provider.KeyCurrent, provider.KeyFormer)
	create := manage("create-oauth-client", http.MethodPost, "/clients", "Register a program that may ask people to sign in")
	create.Description = "The answer has the secret of a confidential client, this once."
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, manage("list-oauth-clients", http.MethodGet, "/clients", "List the programs that may ask people to sign in"), a.list)
	httpserver.Register(api, manage("get-oauth-client", http.MethodGet, "/clients/{client}", "Get a client"), a.get)
	rotate := manage("rotate-oauth-client-secret", http.MethodPost, "/clients/{client}/secret", "Give a client another secret")
	rotate.Description = "The secret before it is refused at once; the answer has the new one, this once."
	httpserver.Register(api, rotate, a.rotateSecret)
	remove := manage("delete-oauth-client", http.MethodDelete, "/clients/{client}", "Remove a client")
	remove.Description = "All its sessions end."
	httpserver.Register(api, remove, a.remove)
	httpserver.Register(api, manage("list-signing-keys", http.MethodGet, "/keys", "List the keys that sign tokens"), a.keys)
	next := manage("rotate-signing-key", http.MethodPost, "/keys", "Have another key sign tokens")
	next.Description = "It is published at once and signs when others can know it; the key before it stays until the last token that it signed has expired."
	httpserver.Register(api, next, a.rotateKey)
	a.registerActive(api)
}

func manage(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/auth" + path, Summary: summary, Tags: []string{"sign-in"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}

// OAuthClient is a program that may ask people to sign in.
type OAuthClient struct {
	ID                 string    `json:"id"`
	Name               string    `json:"name"`
	Public             bool      `json:"public" doc:"Whether it keeps no secret: it runs on people's machines."`
	RedirectURIs       []string  `json:"redirectUris"`
	LogoutRedirectURIs []string  `json:"logoutRedirectUris"`
	Grants             []string  `json:"grants"`
	Scopes             []string  `json:"scopes"`
	Audiences          []string  `json:"audiences"`
	Algorithm          string    `json:"algorithm" doc:"What signs its ID tokens."`
	BackchannelLogout  string    `json:"backchannelLogoutUri,omitempty" doc:"Where it is told that somebody was signed out."`
	CreatedAt          time.Time `json:"createdAt"`
}

// IssuedOAuthClient is a client with its secret, which is shown this once.
type IssuedOAuthClient struct {
	Client OAuthClient `json:"client"`
	Secret string      `json:"secret,omitempty"`
}

func wireClient(c provider.Client) OAuthClient {
	return OAuthClient{
		ID: c.ID, Name: c.Name, Public: c.Public, RedirectURIs: list(c.Redirects), LogoutRedirectURIs: list(c.LogoutRedirects),
		Grants: list(c.Grants), Scopes: list(c.Scopes), Audiences: list(c.Audiences), Algorithm: c.Algorithm, BackchannelLogout: c.BackchannelLogout, CreatedAt: c.CreatedAt,
	}
}

func list(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}

type createInput struct {
	Body struct {
		Name               string   `json:"name" minLength:"1" maxLength:"64" doc:"What people are told that asks; unique in the tenant."`
		Public             bool     `json:"public,omitempty" doc:"Whether it keeps no secret: it runs on people's machines."`
		RedirectURIs       []string `json:"redirectUris,omitempty" maxItems:"20" doc:"Where people come back to, to the letter; the port of a loopback address is free."`
		LogoutRedirectURIs []string `json:"logoutRedirectUris,omitempty" maxItems:"20" doc:"Where people come back to after they have signed out."`
		Grants             []string `json:"grants,omitempty" maxItems:"8" doc:"authorization_code and refresh_token unless given."`
		Scopes             []string `json:"scopes,omitempty" maxItems:"16" doc:"openid, profile and offline_access unless given."`
		Audiences          []string `json:"audiences,omitempty" maxItems:"20" doc:"Whom its access tokens may be for, beside Terrace."`
		Algorithm          string   `json:"algorithm,omitempty" enum:"ES256,RS256" doc:"What signs its ID tokens; ES256 unless given."`
		BackchannelLogout  string   `json:"backchannelLogoutUri,omitempty" maxLength:"512" doc:"Where it is told that somebody was signed out (OpenID Connect Back-Channel Logout 1.0)."`
	}
}

type issuedClientOutput struct{ Body IssuedOAuthClient }

func (a API) create(ctx context.Context, in *createInput) (*issuedClientOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	b := in.Body
	c, secret, err := a.Provider.CreateClient(ctx, scope, provider.NewClient{
		Name: b.Name, Public: b.Public, Redirects: b.RedirectURIs, LogoutRedirects: b.LogoutRedirectURIs,
		Grants: b.Grants, Scopes: b.Scopes, Audiences: b.Audiences, Algorithm: b.Algorithm, BackchannelLogout: b.BackchannelLogout,
	})
	if err != nil {
		return nil, err
	}
	return &issuedClientOutput{IssuedOAuthClient{wireClient(c), secret}}, nil
}

type clientsOutput struct{ Body kernel.Page[OAuthClient] }

func (a API) list(ctx context.Context, in *struct{ httpserver.PageParams }) (*clientsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Provider.ListClients(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := kernel.Page[OAuthClient]{Items: make([]OAuthClient, len(page.Items)), Next: page.Next}
	for i, c := range page.Items {
		out.Items[i] = wireClient(c)
	}
	return &clientsOutput{out}, nil
}

type clientPath struct {
	Client string `path:"client" maxLength:"64" doc:"The client's id, or its name."`
}

type clientOutput struct{ Body OAuthClient }

func (a API) get(ctx context.Context, in *clientPath) (*clientOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	c, err := a.Provider.GetClient(ctx, scope, in.Client)
	if err != nil {
		return nil, err
	}
	return &clientOutput{wireClient(c)}, nil
}

func (a API) rotateSecret(ctx context.Context, in *clientPath) (*issuedClientOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	c, secret, err := a.Provider.RotateSecret(ctx, scope, in.Client)
	if err != nil {
		return nil, err
	}
	return &issuedClientOutput{IssuedOAuthClient{wireClient(c), secret}}, nil
}

func (a API) remove(ctx context.Context, in *clientPath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Provider.RemoveClient(ctx, scope, in.Client)
}

// SigningKey is a key that signs tokens, without what is secret of it.
type SigningKey struct {
	ID             string            `json:"id" doc:"The kid of what it signs."`
	Algorithm      string            `json:"algorithm"`
	State          provider.KeyState `json:"state"`
	CreatedAt      time.Time         `json:"createdAt"`
	SignsFrom      time.Time         `json:"signsFrom"`
	PublishedUntil *time.Time        `json:"publishedUntil,omitempty" doc:"When it is gone; the newest key stays."`
}

func wireKey(k provider.Key, state provider.KeyState) SigningKey {
	out := SigningKey{ID: k.ID, Algorithm: k.Algorithm, State: state, CreatedAt: k.CreatedAt, SignsFrom: k.From}
	if !k.Until.IsZero() {
		out.PublishedUntil = &k.Until
	}
	return out
}

type keysOutput struct {
	Body struct {
		Items []SigningKey `json:"items"`
	}
}

func (a API) keys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Provider.ListKeys(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.Items = make([]SigningKey, len(all))
	for i, k := range all {
		out.Body.Items[i] = wireKey(k.Key, k.State)
	}
	return out, nil
}

type rotateKeyInput struct {
	Body struct {
		Algorithm string `json:"algorithm,omitempty" enum:"ES256,RS256" doc:"ES256 unless given."`
	}
}

type keyOutput struct{ Body SigningKey }

func (a API) rotateKey(ctx context.Context, in *rotateKeyInput) (*keyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	algorithm := in.Body.Algorithm
	if algorithm == "" {
		algorithm = provider.ES256
	}
	k, err := a.Provider.Rotate(ctx, scope, algorithm)
	if err != nil {
		return nil, err
	}
	return &keyOutput{wireKey(k, provider.KeyNext)}, nil
}
