package httpserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Passwords is an Authenticator that knows passwords, too.
type Passwords interface {
	Authenticator
	// CheckPassword returns whom a password signs in.
	CheckPassword(ctx context.Context, tenant, name, password string) (kernel.Actor, error)
}

// SignIn returns the context of who calls what is no part of the API: by a bearer
// token, or by basic authentication (RFC 7617) with a token or a password in the
// place of the password.
func SignIn(r *http.Request, tenant string, p Passwords) (context.Context, error) {
	if _, ok := kernel.ActorFrom(r.Context()); ok {
		return r.Context(), nil
	}
	name, password, ok := r.BasicAuth()
	if !ok || password == "" {
		return nil, kernel.Errorf(kernel.Unauthenticated, "sign in with your user name, and with a token or your password").
			WithFix("make a token with: terrace token create --name NAME")
	}
	actor, err := p.Authenticate(r.Context(), password)
	if err = Guessed(r, err); kernel.Is(err, kernel.Unauthenticated) && !strings.HasPrefix(password, "terr_") && !strings.HasPrefix(password, "trun_") {
		actor, err = p.CheckPassword(r.Context(), tenant, name, password)
	}
	if err != nil {
		return nil, err
	}
	if err := Admit(r.Context(), nil, actor); err != nil {
		return nil, err
	}
	return kernel.WithActor(r.Context(), actor), nil
}
