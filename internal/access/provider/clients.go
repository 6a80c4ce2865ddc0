package provider

import (
	"context"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a client.
const (
	maxRedirects = 20
	maxURI       = 512
)

var clientName = regexp.MustCompile(`^[^\x00-\x1f\x7f]{1,64}$`)

// NewClient asks for a client.
type NewClient struct {
	Name            string
	Public          bool
	Redirects       []string
	LogoutRedirects []string
	Grants          []string
	Scopes          []string
	Audiences       []string
	Algorithm       string
	// BackchannelLogout is where it is told that somebody was signed out.
	BackchannelLogout string
}

// ByID returns a client of any tenant, or the one that every Terrace has.
func (s *Service) ByID(ctx context.Context, id string) (Client, error) {
	if c, ok := builtIn(id, s.Issuer); ok {
		return c, nil
	}
	return s.Store.Client(ctx, id)
}

// CreateClient adds a client to the scope's tenant. The secret is shown this once; a
// public client has none.
func (s *Service) CreateClient(ctx context.Context, scope kernel.Scope, n NewClient) (c Client, secret string, err error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, "client.register", scope); err != nil {
		return Client{}, "", err
	}
	n = n.withDefaults()
	if problems := n.problems(); len(problems) > 0 {
		return Client{}, "", kernel.Errorf(kernel.Invalid, "the client is not possible").WithProblems(problems...)
	}
	if err := s.EnsureKeys(ctx, n.Algorithm); err != nil {
		return Client{}, "", err
	}
	c = Client{
		ID: kernel.NewID("cli"), Tenant: scope.Tenant, Name: n.Name, Public: n.Public, Redirects: n.Redirects,
		LogoutRedirects: n.LogoutRedirects, Grants: n.Grants, Scopes: n.Scopes, Audiences: n.Audiences,
		Algorithm: n.Algorithm, BackchannelLogout: n.BackchannelLogout, CreatedAt: s.Clock.Now(),
	}
	if !c.Public {
		secret = NewSecret(PrefixSecret)
		c.Secret = kernel.HashOf(secret)
	}
	return c, secret, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddClient(ctx, c); err != nil {
			return err
		}
		return s.record(ctx, c.Tenant, "client.registered", c.ID, map[string]any{"name": c.Name, "public": c.Public})
	})
}

// ListClients lists the clients of the scope's tenant by id.
func (s *Service) ListClients(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Client], error) {
	if err := s.Authorizer.Authorize(ctx, "client.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return kernel.Page[Client]{}, err
	}
	return s.Store.Clients(ctx, scope.Tenant, page)
}

// GetClient returns a client of the scope's tenant, by its id or its name.
func (s *Service) GetClient(ctx context.Context, scope kernel.Scope, named string) (Client, error) {
	if err := s.Authorizer.Authorize(ctx, "client.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Client{}, err
	}
	return s.clientOf(ctx, scope.Tenant, named)
}

// clientOf returns a client of a tenant by its id or its name.
func (s *Service) clientOf(ctx context.Context, tenant, named string) (Client, error) {
	c, err := s.Store.Client(ctx, named)
	if kernel.Is(err, kernel.NotFound) || err == nil && c.Tenant != tenant {
		c, err = s.Store.ClientNamed(ctx, tenant, named)
	}
	if kernel.Is(err, kernel.NotFound) {
		return Client{}, kernel.Errorf(kernel.NotFound, "the client %s does not exist", named).
			WithFix("see their names and ids with terrace auth clients list")
	}
	return c, err
}

// RotateSecret gives a client another secret; the one before is refused at once.
func (s *Service) RotateSecret(ctx context.Context, scope kernel.Scope, named string) (Client, string, error) {
	if err := s.Authorizer.Authorize(ctx, "client.register", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Client{}, "", err
	}
	c, err := s.clientOf(ctx, scope.Tenant, named)
	if err != nil {
		return Client{}, "", err
	}
	if c.Public {
		return Client{}, "", kernel.Errorf(kernel.Conflict, "the client %s is public: it has no secret", c.ID)
	}
	secret := NewSecret(PrefixSecret)
	return c, secret, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetSecret(ctx, c.Tenant, c.ID, kernel.HashOf(secret)); err != nil {
			return err
		}
		return s.record(ctx, c.Tenant, "client.secret_rotated", c.ID, map[string]any{"name": c.Name, "public": c.Public})
	})
}

// RemoveClient removes a client, and ends all its sessions.
func (s *Service) RemoveClient(ctx context.Context, scope kernel.Scope, named string) error {
	if err := s.Authorizer.Authorize(ctx, "client.register", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return err
	}
	c, err := s.clientOf(ctx, scope.Tenant, named)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		sessions, err := s.Store.SessionsOf(ctx, "", c.ID)
		if err != nil {
			return err
		}
		if err := s.endAll(ctx, sessions, endedByRemoval); err != nil {
			return err
		}
		if err := s.Store.RemoveClient(ctx, c.Tenant, c.ID); err != nil {
			return err
		}
		return s.record(ctx, c.Tenant, "client.removed", c.ID, map[string]any{"name": c.Name, "public": c.Public})
	})
}

func (n NewClient) withDefaults() NewClient {
	if len(n.Grants) == 0 {
		n.Grants = []string{GrantCode, GrantRefresh}
	}
	if len(n.Scopes) == 0 {
		n.Scopes = []string{ScopeOpenID, ScopeProfile, ScopeOffline}
	}
	if n.Algorithm == "" {
		n.Algorithm = ES256
	}
	return n
}

func (n NewClient) problems() []kernel.Problem {
	var all []kernel.Problem
	add := func(path, message string) { all = append(all, kernel.Problem{Path: path, Message: message}) }
	if !clientName.MatchString(n.Name) || strings.TrimSpace(n.Name) != n.Name {
		add("name", "a client needs a name of 1 to 64 characters")
	}
	for _, g := range n.Grants {
		switch {
		case g == GrantClient:
			add("grants", "a program that signs in for itself is a service account, whose id and token are its client_id and client_secret")
		case !slices.Contains(ClientGrants(), g):
			add("grants", "there is no grant "+quoted(g)+"; there are "+strings.Join(ClientGrants(), ", "))
		}
	}
	for _, one := range n.Scopes {
		if !slices.Contains(Scopes(), one) {
			add("scopes", "there is no scope "+quoted(one)+"; there are "+strings.Join(Scopes(), ", "))
		}
	}
	if n.Algorithm != ES256 && n.Algorithm != RS256 {
		add("algorithm", "it must be ES256 or RS256")
	}
	if slices.Contains(n.Grants, GrantCode) && len(n.Redirects) == 0 {
		add("redirectUris", "a client that people sign in to needs an address to come back to")
	}
	if len(n.Redirects) > maxRedirects || len(n.LogoutRedirects) > maxRedirects || len(n.Audiences) > maxRedirects {
		add("redirectUris", "there may be 20 addresses and 20 audiences at most")
	}
	for _, u := range slices.Concat(n.Redirects, n.LogoutRedirects) {
		if why := badRedirect(u); why != "" {
			add("redirectUris", quoted(u)+" "+why)
		}
	}
	if why := badBackchannel(n.BackchannelLogout); why != "" {
		add("backchannelLogoutUri", quoted(n.BackchannelLogout)+" "+why)
	}
	for _, a := range n.Audiences {
		if u, err := url.Parse(a); err != nil || u.Scheme == "" || len(a) > maxURI || strings.ContainsAny(a, " \t\n") {
			add("audiences", quoted(a)+" is not a URI")
		}
	}
	return all
}

// badRedirect says why an address is none to send people to, "" where it is.
func badRedirect(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURI || u.Scheme == "":
		return "is not an absolute address of at most 512 bytes"
	case u.Fragment != "" || strings.Contains(text, "#"):
		return "has a fragment, which is not allowed (RFC 6749 §3.1.2)"
	case u.User != nil || strings.Contains(text, "*") || strings.Contains(text, `\`):
		return "has a user, a wildcard or a backslash, which are not allowed"
	case u.Scheme == "https" && u.Host != "":
		return ""
	case u.Scheme == "http" && isLocal(u.Hostname()):
		return ""
	case u.Scheme == "http":
		return "is not encrypted: use https, or a loopback address"
	case strings.Contains(u.Scheme, "."):
		return "" // a native app's own scheme (RFC 8252 §7.1)
	}
	return "has a scheme that is neither https nor the reverse of a domain name (RFC 8252 §7.1)"
}

// badBackchannel says why an address is none that Terrace can call, "" where it is.
func badBackchannel(text string) string {
	if text == "" {
		return ""
	}
	if why := badRedirect(text); why != "" {
		return why
	}
	if u, err := url.Parse(text); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "is none that a server listens on: use https"
	}
	return ""
}

// isLocal reports whether a host is this machine for whoever looks.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func quoted(s string) string { return `"` + s + `"` }

func containsAll(have, want []string) bool {
	for _, one := range want {
		if !slices.Contains(have, one) {
			return false
		}
	}
	return true
}
