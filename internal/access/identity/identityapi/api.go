// Package identityapi serves identity over HTTP: sign-in, the caller's own
// account, users, tokens and members.
//
// It owns the wire types. It decides nothing: identity does.
package identityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct {
	Service *identity.Service
	// Tenant is signed in to where a sign-in names none.
	Tenant string
}

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What a user may do; each role may what those before it may, save that approvers do not deploy.", identity.Viewer, identity.Developer, identity.Approver, identity.Admin)
	httpserver.Register(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/sessions", DefaultStatus: http.StatusCreated,
		Summary: "Exchange a password for a token of 12 hours", Tags: []string{"identity"}, Security: httpserver.Public,
	}, a.signIn)
	httpserver.Register(api, operation("get-me", http.MethodGet, "/me", "Show who the caller is and what they may do"), a.me)
	httpserver.Register(api, operation("change-password", http.MethodPut, "/me/password", "Change the caller's password"), a.changePassword)
	httpserver.Register(api, operation("list-tokens", http.MethodGet, "/me/tokens", "List the caller's tokens"), a.tokens)
	httpserver.Register(api, operation("revoke-token", http.MethodDelete, "/me/tokens/{token}", "End one of the caller's tokens"), a.revokeToken)
	httpserver.Register(api, operation("list-users", http.MethodGet, "/users", "List the tenant's users"), a.users)
	httpserver.Register(api, operation("create-user", http.MethodPost, "/users", "Add a user"), a.createUser)
	httpserver.Register(api, operation("set-user-disabled", http.MethodPut, "/users/{user}/disabled", "Keep a user out, or let them in again"), a.setDisabled)
	httpserver.Register(api, operation("create-token", http.MethodPost, "/users/{user}/tokens", "Make a personal token"), a.createToken)
	httpserver.Register(api, operation("set-tenant-role", http.MethodPut, "/users/{user}/role", "Set a user's role in the whole tenant"), a.setRole)
	httpserver.Register(api, operation("list-members", http.MethodGet, "/projects/{project}/members", "List who has a role in a project"), a.members)
	httpserver.Register(api, operation("set-member", http.MethodPut, "/projects/{project}/members/{user}", "Set a user's role in a project"), a.setMember)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"identity"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}

type signInInput struct {
	Body struct {
		Tenant   string `json:"tenant,omitempty" maxLength:"63" doc:"The tenant; the default one unless given."`
		Username string `json:"username" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

type issuedOutput struct {
	Body IssuedToken
}

// IssuedToken is a new token with its secret, which is shown this once.
type IssuedToken struct {
	Token     string     `json:"token" doc:"The secret: send it as a bearer token."`
	ID        string     `json:"id"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}

func issued(secret string, t identity.Token) *issuedOutput {
	return &issuedOutput{Body: IssuedToken{Token: secret, ID: t.ID, ExpiresAt: timeOrNone(t.ExpiresAt)}}
}

func timeOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a API) signIn(ctx context.Context, in *signInInput) (*issuedOutput, error) {
	tenant := in.Body.Tenant
	if tenant == "" {
		tenant = a.Tenant
	}
	secret, t, err := a.Service.SignIn(ctx, tenant, in.Body.Username, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return issued(secret, t), nil
}

type createTokenInput struct {
	User string `path:"user" maxLength:"64" doc:"The user's name; me is the caller."`
	Body struct {
		Name          string `json:"name" minLength:"1" maxLength:"64" doc:"Tells the user's tokens apart."`
		ExpiresInDays int    `json:"expiresInDays,omitempty" minimum:"1" maximum:"366" doc:"For how many days it is good; 90 unless given."`
	}
}

func (a API) createToken(ctx context.Context, in *createTokenInput) (*issuedOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	user := in.User
	if user == "me" {
		user = ""
	}
	life := time.Duration(in.Body.ExpiresInDays) * 24 * time.Hour
	secret, t, err := a.Service.CreateToken(ctx, scope, identity.NewToken{User: user, Name: in.Body.Name, Life: life})
	if err != nil {
		return nil, err
	}
	return issued(secret, t), nil
}

// Token is a personal token without its secret.
type Token struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
}

type tokensOutput struct{ Body kernel.Page[Token] }

func (a API) tokens(ctx context.Context, in *struct{ httpserver.PageParams }) (*tokensOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.TokensOf(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	return &tokensOutput{Body: pageOf(page, func(t identity.Token) Token {
		return Token{ID: t.ID, Name: t.Name, CreatedAt: t.CreatedAt, ExpiresAt: timeOrNone(t.ExpiresAt), LastUsedAt: timeOrNone(t.LastUsedAt)}
	})}, nil
}

func (a API) revokeToken(ctx context.Context, in *struct {
	Token string `path:"token" maxLength:"64" doc:"The token's id."`
},
) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Service.RevokeToken(ctx, scope, in.Token)
}

func pageOf[From, To any](p kernel.Page[From], to func(From) To) kernel.Page[To] {
	out := kernel.Page[To]{Items: make([]To, len(p.Items)), Next: p.Next}
	for i, item := range p.Items {
		out.Items[i] = to(item)
	}
	return out
}
