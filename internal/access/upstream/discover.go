package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	maxAnswer = 1 << 20
	// keepFound is how long what an upstream says of itself is kept, and askAgain how soon
	// its keys, or one that did not answer, are asked for again.
	keepFound = time.Hour
	askAgain  = 10 * time.Second
	maxFound  = 1024
	// ahead is how far an upstream's clock may be.
	ahead = time.Minute
)

// algorithms are those that an ID token may be signed with: none with a shared secret.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
}

// metadata is what an upstream says of itself (OpenID Connect Discovery §3, RFC 8414 §2).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	UserInfo      string   `json:"userinfo_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
	Scopes        []string `json:"scopes_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Responses     []string `json:"response_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Prompts       []string `json:"prompt_values_supported"`
	Claims        []string `json:"claims_supported"`
	// SaysIssuer says that its answers name it (RFC 9207 §3).
	SaysIssuer bool `json:"authorization_response_iss_parameter_supported"`
}

// place is an upstream as it was found.
type place struct {
	metadata

	provider *oidc.Provider
	keys     oidc.KeySet
	client   *http.Client
}

// found keeps what upstreams say of themselves.
type found struct {
	ask func(ctx context.Context, u Upstream) (*place, error)

	mu  sync.Mutex
	all map[string]*finding
}

type finding struct {
	mu    sync.Mutex
	place *place
	err   error
	until time.Time
}

// of returns an upstream as it was found, and asks it where that is too long ago.
func (f *found) of(ctx context.Context, u Upstream, now time.Time) (*place, error) {
	f.mu.Lock()
	if f.all == nil || len(f.all) >= maxFound {
		f.all = map[string]*finding{}
	}
	one := f.all[u.Issuer]
	if one == nil {
		one = &finding{}
		f.all[u.Issuer] = one
	}
	f.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.until.After(now) {
		return one.place, one.err
	}
	one.place, one.err = f.ask(ctx, u)
	one.until = now.Add(keepFound)
	if one.err != nil {
		one.until = now.Add(askAgain)
	}
	return one.place, one.err
}

// at returns an upstream as it was found. The error is Unavailable.
func (s *Service) at(ctx context.Context, u Upstream) (*place, error) {
	p, err := s.found.of(ctx, u, s.Clock.Now())
	if err != nil {
		return nil, s.silent(ctx, u, "cannot be used", err)
	}
	return p, nil
}

// ask reads what an upstream says of itself.
func (s *Service) ask(ctx context.Context, u Upstream) (*place, error) {
	p := &place{client: s.client(u.Issuer)}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client) // keys are read with it later on
	if u.manyTenants() {
		ctx = oidc.InsecureIssuerURLContext(ctx, u.issuerOf(tenantPlaceholder))
	}
	var err error
	if p.provider, err = oidc.NewProvider(ctx, u.Issuer); err != nil {
		return nil, err
	}
	if err := p.provider.Claims(&p.metadata); err != nil {
		return nil, fmt.Errorf("what it says of itself is not readable: %w", err)
	}
	clear := strings.HasPrefix(u.Issuer, "http:")
	for what, address := range map[string]string{"authorization_endpoint": p.Authorization, "token_endpoint": p.Token, "jwks_uri": p.Keys} {
		if why := wrongEndpoint(address, clear); why != "" {
			return nil, fmt.Errorf("its %s %w", what, errors.New(why))
		}
	}
	if p.EndSession != "" && wrongEndpoint(p.EndSession, clear) != "" {
		p.EndSession = ""
	}
	spared := *p.client
	spared.Transport = &sparing{next: p.client.Transport}
	p.keys = oidc.NewRemoteKeySet(oidc.ClientContext(ctx, &spared), p.Keys)
	return p, nil
}

// wrongEndpoint says why an address that an upstream says cannot be used, "" where it can.
func wrongEndpoint(text string, clear bool) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "is missing"
	case err != nil || u.Host == "" || u.Fragment != "" || u.User != nil:
		return fmt.Sprintf("is no address: %.120q", text)
	case u.Scheme != "https" && (u.Scheme != "http" || !clear):
		return "would be called in the clear"
	}
	return ""
}

// verifier checks tokens that are for Terrace, in all but the issuer of one of several
// tenants of Entra ID.
func (s *Service) verifier(u Upstream, p *place, skipExpiry bool) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(u.Issuer, p.keys, &oidc.Config{
		ClientID: u.ClientID, SupportedSigningAlgs: algorithms(), Now: s.Clock.Now, SkipIssuerCheck: u.manyTenants(), SkipExpiryCheck: skipExpiry,
	})
}

// oauth is the client that Terrace is at an upstream.
func (s *Service) oauth(u Upstream, p *place, secret string) *oauth2.Config {
	style := oauth2.AuthStyleInHeader
	if secret == "" || len(p.Methods) > 0 && !slices.Contains(p.Methods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: u.ClientID, ClientSecret: secret, RedirectURL: s.Callback(u), Scopes: u.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.Authorization, TokenURL: p.Token, AuthStyle: style},
	}
}

// client calls one upstream: nowhere inside, with bounds, and by no redirect.
func (s *Service) client(address string) *http.Client {
	return s.Guard.Client(address, s.Timeout, maxAnswer)
}

// sparing asks for keys at most once in askAgain: whoever sends tokens with keys that
// nobody knows must not have Terrace call somebody each time.
type sparing struct {
	next http.RoundTripper

	mu    sync.Mutex
	asked time.Time
}

// RoundTrip implements http.RoundTripper.
func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	tooSoon := !s.asked.IsZero() && time.Since(s.asked) < askAgain
	if !tooSoon {
		s.asked = time.Now()
	}
	s.mu.Unlock()
	if tooSoon {
		return nil, errors.New("its keys were asked for just now")
	}
	return s.next.RoundTrip(r)
}
