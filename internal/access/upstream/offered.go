package upstream

import (
	"context"
	"net/url"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Offered implements provider.Upstreams: the buttons of a tenant.
func (s *Service) Offered(ctx context.Context, tenant string) ([]provider.Upstream, error) {
	all, err := s.Store.Enabled(ctx, tenant)
	out := make([]provider.Upstream, len(all))
	for i, u := range all {
		out[i] = provider.Upstream{Label: u.Label, Begin: u.path()}
	}
	return out, err
}

// Any implements provider.Upstreams.
func (s *Service) Any(ctx context.Context) (bool, error) { return s.Store.AnyEnabled(ctx) }

// TenantOf implements provider.Upstreams: of a domain that several tenants name it is not
// sure whose it is.
func (s *Service) TenantOf(ctx context.Context, domain string) (string, error) {
	tenants, err := s.Store.TenantsOf(ctx, domain)
	if err != nil || len(tenants) != 1 {
		return "", err
	}
	return tenants[0], nil
}

// Lasts implements provider.Vias. Who ends the sign-in waits for the transaction of ctx, and
// finds then what came of it.
func (s *Service) Lasts(ctx context.Context, via string) (bool, error) {
	return s.Store.HoldSession(ctx, via)
}

// SignedOut implements provider.Upstreams: where the upstream wants it, a browser that
// came by it is signed out there, too (OpenID Connect RP-Initiated Logout §2).
func (s *Service) SignedOut(ctx context.Context, via, next string) (string, error) {
	one, err := s.Store.Session(ctx, via)
	if kernel.Is(err, kernel.NotFound) || err == nil && len(one.IDToken) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	u, err := s.byID(ctx, one)
	if err != nil || !u.SignOut || !u.Enabled {
		return "", ignoreGone(err)
	}
	p, err := s.at(ctx, u)
	if err != nil || p.EndSession == "" {
		return "", nil //nolint:nilerr // one that does not answer keeps nobody signed in here
	}
	raw, err := s.Sealer.Open(ctx, one.IDToken, sessionUse(one))
	if err != nil {
		return "", err
	}
	word, err := seal.Word(ctx, s.Sealer, returnUse, returning{next, s.Clock.Now()})
	if err != nil {
		return "", err
	}
	to, err := url.Parse(p.EndSession)
	if err != nil {
		return "", nil //nolint:nilerr // it was read when it was found
	}
	query := to.Query()
	query.Set("id_token_hint", string(raw))
	query.Set("client_id", u.ClientID)
	query.Set("post_logout_redirect_uri", s.Address+u.path()+"/signed-out")
	query.Set("state", word)
	to.RawQuery = query.Encode()
	return to.String(), nil
}

func ignoreGone(err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	return err
}

// Button is an upstream as people see it.
type Button struct{ Name, Label string }

// Linkable returns the upstreams of a tenant whose accounts can be linked.
func (s *Service) Linkable(ctx context.Context, tenant string) ([]Button, error) {
	all, err := s.Store.Enabled(ctx, tenant)
	out := make([]Button, len(all))
	for i, u := range all {
		out[i] = Button{u.Name, u.Label}
	}
	return out, err
}
