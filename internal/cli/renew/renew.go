// Package renew speaks OAuth for the client: it gets tokens of a server, renews them
// before they end, and gives them back.
//
// It owns what is said to the server's OAuth endpoints. cli/signin keeps the tokens, and
// cli/login asks people.
package renew

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Client is the id under which every server knows this program.
const Client = "terrace-cli"

const (
	timeout   = 30 * time.Second
	maxAnswer = 1 << 20
)

// Scopes are what the client asks for beside those of the API.
func Scopes() []string { return []string{"openid", "profile", "offline_access", "groups"} }

// Server is what a server says of its OAuth (RFC 8414).
type Server struct {
	address string
	// Issuer is its name, and Authorization the address that a browser opens.
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
}

// Discover asks a server how people sign in to it.
func Discover(ctx context.Context, address string) (*Server, error) {
	s := &Server{address: strings.TrimRight(address, "/")}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not the address of a server", address).WithFix("write it as http://HOST:PORT or https://HOST:PORT")
	}
	res, err := web().Do(req)
	if err != nil {
		return nil, unreachable(address, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(s) != nil || s.Issuer == "" {
		return nil, kernel.Errorf(kernel.Unavailable, "the server at %s does not say how to sign in", address).
			WithFix("check the address; an older server takes `terrace login ADDRESS --username NAME`")
	}
	return s, nil
}

// web is an HTTP client that keeps a token at the server that it is for.
func web() *http.Client {
	return &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Config returns what golang.org/x/oauth2 needs. Tokens go to the address that the user
// named, wherever the server says that it is.
func Config(address string, scopes []string) *oauth2.Config {
	address = strings.TrimRight(address, "/")
	return &oauth2.Config{ClientID: Client, Scopes: scopes, Endpoint: oauth2.Endpoint{
		TokenURL: address + "/oauth2/token", DeviceAuthURL: address + "/oauth2/device", AuthStyle: oauth2.AuthStyleInParams,
	}}
}

// With returns a context with which golang.org/x/oauth2 calls the server.
func With(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, web())
}

// Keep puts what a server gave into an identity.
func Keep(id signin.Identity, t *oauth2.Token) signin.Identity {
	id.Token = t.AccessToken
	if t.RefreshToken != "" {
		id.Refresh = t.RefreshToken
	}
	id.Expires = nil
	if at := t.Expiry.UTC().Truncate(time.Second); !t.Expiry.IsZero() {
		id.Expires = &at
	}
	return id
}

// Source is the token of an identity, renewed when it is due. It is safe for concurrent
// use, also by several processes.
type Source struct {
	Files    signin.Files
	Clock    kernel.Clock
	Identity signin.Identity

	mu sync.Mutex
}

// Token returns a token that holds.
func (s *Source) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Identity.Due(s.Clock.Now()) {
		return s.Identity.Token, nil
	}
	unlock, err := s.Files.Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := s.reread(); err != nil || !s.Identity.Due(s.Clock.Now()) {
		return s.Identity.Token, err // another process was quicker
	}
	t, err := Config(s.Identity.Address, nil).TokenSource(With(ctx), &oauth2.Token{RefreshToken: s.Identity.Refresh}).Token()
	if err != nil {
		return "", s.failed(err)
	}
	s.Identity = Keep(s.Identity, t)
	return s.Identity.Token, s.Files.Renewed(s.Identity.Kept, s.Identity)
}

// reread takes over what another process has kept meanwhile.
func (s *Source) reread() error {
	book, err := s.Files.Book()
	if err != nil {
		return err
	}
	for _, c := range book.Contexts {
		if c.Name == s.Identity.Kept && c.Refresh != "" {
			s.Identity.Token, s.Identity.Refresh, s.Identity.Expires = c.Token, c.Refresh, c.Expires
		}
	}
	return nil
}

func (s *Source) failed(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return kernel.Errorf(kernel.Unauthenticated, "the sign-in to %s has ended: %s", s.Identity.Address, told(e)).
			WithFix("sign in again with `terrace login %s`", s.Identity.Address)
	}
	return unreachable(s.Identity.Address, err)
}

// Failed says why a server gave no token.
func Failed(address string, err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return kernel.Errorf(kernel.Unauthenticated, "%s does not sign you in: %s", address, told(e))
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return unreachable(address, err)
}

func told(e *oauth2.RetrieveError) string {
	if e.ErrorDescription != "" {
		return e.ErrorDescription
	}
	if e.ErrorCode != "" {
		return e.ErrorCode
	}
	return "it answers " + e.Response.Status
}

func unreachable(address string, err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which the message has
	}
	return kernel.Errorf(kernel.Unavailable, "the server at %s cannot be reached: %w", address, err)
}

// Revoke gives a refresh token back, and with it all that it renewed (RFC 7009).
func Revoke(ctx context.Context, id signin.Identity) error {
	form := url.Values{"client_id": {Client}, "token": {id.Refresh}, "token_type_hint": {"refresh_token"}}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(id.Address, "/")+"/oauth2/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return unreachable(id.Address, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := web().Do(req)
	if err != nil {
		return unreachable(id.Address, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return kernel.Errorf(kernel.Unavailable, "%s did not end the sign-in: it answers %s", id.Address, res.Status)
	}
	return nil
}
