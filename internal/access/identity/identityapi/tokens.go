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

func (a API) registerTokens(api huma.API) {
	httpserver.Register(api, operation("list-tokens", http.MethodGet, "/me/tokens", "List the caller's tokens"), a.tokens)
	httpserver.Register(api, operation("revoke-token", http.MethodDelete, "/me/tokens/{token}", "End one of the caller's tokens"), a.revokeToken)
	httpserver.Register(api, operation("create-token", http.MethodPost, "/users/{user}/tokens", "Make a personal token"), a.createToken)
	httpserver.Register(api, operation("list-user-tokens", http.MethodGet, "/users/{user}/tokens", "List a user's tokens"), a.userTokens)
	httpserver.Register(api, operation("revoke-user-token", http.MethodDelete, "/users/{user}/tokens/{token}", "End one of a user's tokens"), a.revokeUserToken)
	httpserver.Register(api, operation("create-service-account-token", http.MethodPost, "/service-accounts/{account}/tokens", "Make a token of a service account"), a.createServiceToken)
	httpserver.Register(api, operation("list-service-account-tokens", http.MethodGet, "/service-accounts/{account}/tokens", "List the tokens of a service account"), a.serviceTokens)
	httpserver.Register(api, operation("revoke-service-account-token", http.MethodDelete, "/service-accounts/{account}/tokens/{token}", "End a token of a service account"), a.revokeServiceToken)
}

// TokenLimits are what a token narrows. An empty list narrows nothing.
type TokenLimits struct {
	Scopes   []identity.TokenScope `json:"scopes,omitempty" maxItems:"5" doc:"The kinds of action that it is good for; all unless given."`
	Projects []string              `json:"projects,omitempty" maxItems:"50" doc:"The projects that it is good for; all unless given."`
	Stages   []string              `json:"stages,omitempty" maxItems:"50" doc:"The stages that it is good for; all unless given."`
}

func limitsOf(l *kernel.Limits) *TokenLimits {
	if l == nil {
		return nil
	}
	out := &TokenLimits{Projects: l.Projects, Stages: l.Stages}
	for _, name := range l.Scopes {
		out.Scopes = append(out.Scopes, identity.TokenScope(name))
	}
	return out
}

func (l *TokenLimits) limits() *kernel.Limits {
	if l == nil || len(l.Scopes)+len(l.Projects)+len(l.Stages) == 0 {
		return nil
	}
	out := &kernel.Limits{Projects: l.Projects, Stages: l.Stages}
	for _, name := range l.Scopes {
		out.Scopes = append(out.Scopes, string(name))
	}
	return out
}

// CreateTokenRequest asks for a token.
type CreateTokenRequest struct {
	Name          string       `json:"name" minLength:"1" maxLength:"64" doc:"Tells the tokens of a subject apart."`
	ExpiresInDays int          `json:"expiresInDays,omitempty" minimum:"1" maximum:"366" doc:"For how many days it is good; 90 unless given."`
	Limits        *TokenLimits `json:"limits,omitempty" doc:"What it narrows; nothing unless given."`
}

func (r CreateTokenRequest) token() identity.NewToken {
	return identity.NewToken{Name: r.Name, Life: time.Duration(r.ExpiresInDays) * 24 * time.Hour, Limits: r.Limits.limits()}
}

func (a API) createToken(ctx context.Context, in *struct {
	User string `path:"user" maxLength:"64" doc:"The user's name; me is the caller."`
	Body CreateTokenRequest
},
) (*issuedOutput, error) {
	n := in.Body.token()
	n.User = named(in.User)
	return a.makeToken(ctx, n)
}

func (a API) createServiceToken(ctx context.Context, in *struct {
	Account string `path:"account" maxLength:"64" doc:"The service account's name."`
	Body    CreateTokenRequest
},
) (*issuedOutput, error) {
	n := in.Body.token()
	n.Service = in.Account
	return a.makeToken(ctx, n)
}

func (a API) makeToken(ctx context.Context, n identity.NewToken) (*issuedOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	secret, t, err := a.Service.CreateToken(ctx, scope, n)
	if err != nil {
		return nil, err
	}
	return issued(secret, t), nil
}

// named is a user's name in a path, "" for the caller.
func named(user string) string {
	if user == "me" {
		return ""
	}
	return user
}

// Token is a token without its secret.
type Token struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Limits     *TokenLimits `json:"limits,omitempty" doc:"What it narrows; missing where it narrows nothing."`
	CreatedAt  time.Time    `json:"createdAt"`
	ExpiresAt  *time.Time   `json:"expiresAt,omitempty"`
	LastUsedAt *time.Time   `json:"lastUsedAt,omitempty" doc:"Right to the minute; missing before the first use."`
}

func tokenOf(t identity.Token) Token {
	return Token{
		ID: t.ID, Name: t.Name, Limits: limitsOf(t.Limits), CreatedAt: t.CreatedAt, ExpiresAt: timeOrNone(t.ExpiresAt), LastUsedAt: timeOrNone(t.LastUsedAt),
	}
}

type tokensOutput struct{ Body kernel.Page[Token] }

func (a API) tokens(ctx context.Context, in *struct{ httpserver.PageParams }) (*tokensOutput, error) {
	return a.listTokens(ctx, "", "", in.Page())
}

func (a API) userTokens(ctx context.Context, in *struct {
	User string `path:"user" maxLength:"64" doc:"The user's name; me is the caller."`
	httpserver.PageParams
},
) (*tokensOutput, error) {
	return a.listTokens(ctx, named(in.User), "", in.Page())
}

func (a API) serviceTokens(ctx context.Context, in *struct {
	Account string `path:"account" maxLength:"64" doc:"The service account's name."`
	httpserver.PageParams
},
) (*tokensOutput, error) {
	return a.listTokens(ctx, "", in.Account, in.Page())
}

func (a API) listTokens(ctx context.Context, user, service string, page kernel.PageRequest) (*tokensOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	found, err := a.Service.TokensOf(ctx, scope, user, service, page)
	if err != nil {
		return nil, err
	}
	return &tokensOutput{Body: pageOf(found, tokenOf)}, nil
}

func (a API) revokeToken(ctx context.Context, in *struct {
	Token string `path:"token" maxLength:"64" doc:"The token's id."`
},
) (*struct{}, error) {
	return a.endToken(ctx, "", "", in.Token)
}

func (a API) revokeUserToken(ctx context.Context, in *struct {
	User  string `path:"user" maxLength:"64" doc:"The user's name; me is the caller."`
	Token string `path:"token" maxLength:"64" doc:"The token's id."`
},
) (*struct{}, error) {
	return a.endToken(ctx, named(in.User), "", in.Token)
}

func (a API) revokeServiceToken(ctx context.Context, in *struct {
	Account string `path:"account" maxLength:"64" doc:"The service account's name."`
	Token   string `path:"token" maxLength:"64" doc:"The token's id."`
},
) (*struct{}, error) {
	return a.endToken(ctx, "", in.Account, in.Token)
}

func (a API) endToken(ctx context.Context, user, service, id string) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Service.RevokeToken(ctx, scope, user, service, id)
}
