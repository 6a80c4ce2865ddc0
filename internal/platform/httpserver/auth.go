package httpserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Authenticator turns a bearer token into who it stands for. Its error is
// Unauthenticated for a token that is wrong, expired or revoked.
type Authenticator interface {
	Authenticate(ctx context.Context, bearer string) (kernel.Actor, error)
}

// As returns an Authenticator for tests: every request acts as a, with or
// without a token.
func As(a kernel.Actor) Authenticator { return fixed(a) }

type fixed kernel.Actor

// Authenticate returns the fixed actor.
func (f fixed) Authenticate(context.Context, string) (kernel.Actor, error) {
	return kernel.Actor(f), nil
}

// authenticate sets the request's actor where it carries a bearer token
// (RFC 6750 §2.1). A request without one goes on as nobody's.
func authenticate(a Authenticator) func(http.Handler) http.Handler {
	_, always := a.(fixed)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ok := bearer(r)
			if !ok && !always {
				next.ServeHTTP(w, r)
				return
			}
			if a == nil {
				WriteError(w, r, kernel.Errorf(kernel.Unauthenticated, "tokens are not accepted here"))
				return
			}
			actor, err := a.Authenticate(r.Context(), token)
			if err != nil {
				WriteError(w, r, Guessed(r, err))
				return
			}
			if err := Admit(r.Context(), w, actor); err != nil {
				WriteError(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(kernel.WithActor(r.Context(), actor)))
		})
	}
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}

// Scope returns the scope of a project of the caller's tenant. The error is
// Unauthenticated where nobody is signed in.
func Scope(ctx context.Context, project string) (kernel.Scope, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || actor.Tenant == "" {
		return kernel.Scope{}, signIn()
	}
	return kernel.Scope{Tenant: actor.Tenant, Project: project}, nil
}

func signIn() error {
	return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").
		WithFix("send a token as Authorization: Bearer …; POST /api/v1/sessions gives one")
}
