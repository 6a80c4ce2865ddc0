package apiclient

import (
	"context"
	"net/http"
)

// SignInSessions returns where somebody is signed in: the caller where user is "".
func (c *Client) SignInSessions(ctx context.Context, user string) ([]SignInSession, error) {
	path := escape("me", "sessions")
	if user != "" {
		path = escape("users", user, "sessions")
	}
	var out SignInSessions
	return out.Items, c.call(ctx, http.MethodGet, path, nil, &out)
}

// EndSignInSession ends one of them.
func (c *Client) EndSignInSession(ctx context.Context, user, id string) error {
	path := escape("me", "sessions", id)
	if user != "" {
		path = escape("users", user, "sessions", id)
	}
	return c.call(ctx, http.MethodDelete, path, nil, nil)
}
