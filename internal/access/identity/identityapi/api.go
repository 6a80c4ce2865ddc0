// Package identityapi serves identity over HTTP: sign-in, the caller's own account, users,
// groups, service accounts, tokens, grants and elevations.
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
	httpserver.Enum(api, "What a subject may do; each role may what those before it may, save that approvers do not deploy, that secret readers read secrets and nothing else, and that operators create tenants and see nothing in them.",
		identity.Viewer, identity.Auditor, identity.Developer, identity.Approver, identity.SecretReader, identity.Admin, identity.Operator)
	httpserver.Enum(api, "Tells users, groups and service accounts apart.", identity.KindUser, identity.KindGroup, identity.KindService)
	httpserver.Enum(api, "A kind of action that a token can be narrowed to.", identity.TokenScopes()...)
	httpserver.Register(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/sessions", DefaultStatus: http.StatusCreated,
		Summary: "Exchange a password for a token of 12 hours", Tags: []string{"identity"}, Security: httpserver.Public,
	}, a.signIn)
	httpserver.Register(api, operation("get-me", http.MethodGet, "/me", "Show who the caller is and what they may do"), a.me)
	httpserver.Register(api, operation("change-password", http.MethodPut, "/me/password", "Change the caller's password"), a.changePassword)
	httpserver.Register(api, operation("list-users", http.MethodGet, "/users", "List the tenant's users"), a.users)
	httpserver.Register(api, operation("create-user", http.MethodPost, "/users", "Add a user"), a.createUser)
	httpserver.Register(api, operation("set-user-disabled", http.MethodPut, "/users/{user}/disabled", "Keep a user out, or let them in again"), a.setDisabled)
	reset := operation("reset-password", http.MethodPost, "/users/{user}/password/reset", "Give a user another password")
	reset.Description = "Everything that the user is signed in to ends, and so do their personal tokens unless these are to be kept."
	reset.DefaultStatus = http.StatusOK
	httpserver.Register(api, reset, a.resetPassword)
	remove := operation("delete-user", http.MethodDelete, "/users/{user}", "Remove a user")
	remove.Description = "Everything that the user is signed in to ends, and their roles, groups, tokens and factors go. What they have done stays in the audit log under their id. The tenant's last admin is kept."
	httpserver.Register(api, remove, a.deleteUser)
	a.registerTokens(api)
	a.registerGrants(api)
	a.registerGroups(api)
	a.registerServices(api)
	a.registerWhy(api)
	a.registerElevations(api)
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
		// NewPassword is for who was given one.
		NewPassword string `json:"newPassword,omitempty" minLength:"12" maxLength:"256" doc:"Another password, which holds from then on: asked for where somebody else has chosen the present one."`
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
	secret, t, err := a.passwordFor(ctx, tenant, in)
	if err != nil {
		return nil, err
	}
	return issued(secret, t), nil
}

// passwordFor exchanges a password, and changes it where another is given.
func (a API) passwordFor(ctx context.Context, tenant string, in *signInInput) (string, identity.Token, error) {
	if next := in.Body.NewPassword; next != "" {
		return a.Service.SignInAnew(ctx, tenant, in.Body.Username, in.Body.Password, next)
	}
	return a.Service.SignIn(ctx, tenant, in.Body.Username, in.Body.Password)
}

func pageOf[From, To any](p kernel.Page[From], to func(From) To) kernel.Page[To] {
	out := kernel.Page[To]{Items: make([]To, len(p.Items)), Next: p.Next}
	for i, item := range p.Items {
		out.Items[i] = to(item)
	}
	return out
}
