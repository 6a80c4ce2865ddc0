package providerapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerActive(api huma.API) {
	httpserver.Enum(api, "What somebody is signed in with: a browser, a program that they let in there, or one that they let in by a code.", provider.ActiveKinds()...)
	register := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"sign-in"}}
	}
	httpserver.Register(api, register("list-sign-in-sessions", http.MethodGet, "/me/sessions", "List where the caller is signed in"), a.ownSessions)
	end := register("end-sign-in-session", http.MethodDelete, "/me/sessions/{session}", "End one of the caller's sign-ins")
	end.Description = "Its tokens end with it; with a browser, so do the programs that were let in there."
	httpserver.Register(api, end, a.endOwnSession)
	httpserver.Register(api, register("list-user-sign-in-sessions", http.MethodGet, "/users/{user}/sessions", "List where a user is signed in"), a.userSessions)
	end = register("end-user-sign-in-session", http.MethodDelete, "/users/{user}/sessions/{session}", "End one of a user's sign-ins")
	end.Description = "Its tokens end with it; with a browser, so do the programs that were let in there."
	httpserver.Register(api, end, a.endUserSession)
}

// SignInSession is a place in which somebody is signed in.
type SignInSession struct {
	ID        string              `json:"id"`
	Kind      provider.ActiveKind `json:"kind"`
	Client    string              `json:"client,omitempty" doc:"The name of the program; none for a browser."`
	Browser   string              `json:"browser,omitempty" doc:"The sign-in of the browser that it ends with."`
	Scopes    []string            `json:"scopes"`
	Methods   []string            `json:"methods" doc:"How the person proved who they are (RFC 8176)."`
	Address   string              `json:"address,omitempty" doc:"Where it was used from last."`
	BeganAt   time.Time           `json:"beganAt"`
	UsedAt    time.Time           `json:"usedAt" doc:"When it was used last: a browser to the minute, a program when it got tokens, which it does each ten minutes."`
	ExpiresAt time.Time           `json:"expiresAt" doc:"When it is over if it is not used until then."`
	Current   bool                `json:"current" doc:"Whether this request came by it."`
}

// SignInSessions are all places in which somebody is signed in, the one that was used last first.
type SignInSessions struct {
	Items []SignInSession `json:"items"`
}

type sessionsOutput struct{ Body SignInSessions }

func (a API) sessions(ctx context.Context, user string) (*sessionsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Provider.ListActive(ctx, scope, user)
	if err != nil {
		return nil, err
	}
	out := &sessionsOutput{}
	out.Body.Items = make([]SignInSession, len(all))
	for i, n := range all {
		out.Body.Items[i] = SignInSession{
			ID: n.ID, Kind: n.Kind, Client: n.Client, Browser: n.Browser, Scopes: list(n.Scopes), Methods: list(n.Methods), Address: n.Address,
			BeganAt: n.BeganAt, UsedAt: n.UsedAt, ExpiresAt: n.EndsAt, Current: n.Current,
		}
	}
	return out, nil
}

func (a API) end(ctx context.Context, user, id string) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Provider.EndActive(ctx, scope, user, id)
}

type ownSession struct {
	Session string `path:"session" maxLength:"64" doc:"The id of the sign-in."`
}

type sessionsUser struct {
	User string `path:"user" minLength:"1" maxLength:"64" doc:"The user's name."`
}

type userSession struct {
	User    string `path:"user" minLength:"1" maxLength:"64" doc:"The user's name."`
	Session string `path:"session" maxLength:"64" doc:"The id of the sign-in."`
}

func (a API) ownSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	return a.sessions(ctx, "")
}

func (a API) endOwnSession(ctx context.Context, in *ownSession) (*struct{}, error) {
	return a.end(ctx, "", in.Session)
}

func (a API) userSessions(ctx context.Context, in *sessionsUser) (*sessionsOutput, error) {
	return a.sessions(ctx, in.User)
}

func (a API) endUserSession(ctx context.Context, in *userSession) (*struct{}, error) {
	return a.end(ctx, in.User, in.Session)
}
