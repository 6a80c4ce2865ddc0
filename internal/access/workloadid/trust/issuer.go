package trust

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	askTimeout = 10 * time.Second
	maxAnswer  = 1 << 20
	// keepIssuer is how long what an issuer says of itself is kept; keys that are not
	// known are asked for in between, at most once in askAgain.
	keepIssuer = time.Hour
	askAgain   = 10 * time.Second
	maxIssuers = 256
	// ahead is how far an issuer's clock may be.
	ahead = time.Minute
)

// algorithms are those that a token may be signed with: none with a shared secret.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.EdDSA}
}

// issuers ask for keys, and keep them.
type issuers struct {
	guard egress.Guard

	mu  sync.Mutex
	all map[string]*issuer
}

type issuer struct {
	// client asks it, and stays when it does not answer, so that it is spared then, too.
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
	until    time.Time
}

// verify checks signature, issuer and times of a token and returns what it says. An
// error is Unauthenticated, or Unavailable where the keys could not be read.
func (i *issuers) verify(ctx context.Context, from, token string, now func() time.Time) (*oidc.IDToken, map[string]any, error) {
	p, err := i.provider(ctx, from, now())
	if err != nil {
		return nil, nil, kernel.Errorf(kernel.Unavailable, "the keys of %s could not be read: %w", from, err)
	}
	verifier := p.Verifier(&oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: algorithms(), Now: now})
	checked, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, nil, kernel.Errorf(kernel.Unauthenticated, "the token does not hold: %w", err)
	}
	claims := map[string]any{}
	if err := checked.Claims(&claims); err != nil {
		return nil, nil, kernel.Errorf(kernel.Unauthenticated, "the token does not hold: %w", err)
	}
	if checked.IssuedAt.After(now().Add(ahead)) {
		return nil, nil, kernel.Errorf(kernel.Unauthenticated, "the token does not hold: it is of a time that has not come")
	}
	return checked, claims, nil
}

// provider returns what an issuer says of itself.
func (i *issuers) provider(ctx context.Context, from string, now time.Time) (*oidc.Provider, error) {
	known := i.known(from)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.provider != nil && known.until.After(now) {
		return known.provider, nil
	}
	// The provider reads keys with this context later on.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), known.client), from)
	if err != nil {
		return nil, err
	}
	known.provider, known.until = p, now.Add(keepIssuer)
	return p, nil
}

func (i *issuers) known(from string) *issuer {
	i.mu.Lock()
	defer i.mu.Unlock()
	if known := i.all[from]; known != nil {
		return known
	}
	if i.all == nil || len(i.all) >= maxIssuers {
		i.all = map[string]*issuer{}
	}
	i.all[from] = &issuer{client: i.client(from)}
	return i.all[from]
}

// client asks one issuer: nowhere inside, with bounds, and by no redirect.
func (i *issuers) client(from string) *http.Client {
	client := i.guard.Client(from, askTimeout, maxAnswer)
	client.Transport = &sparing{next: client.Transport}
	return client
}

// sparing asks for the same address at most once in askAgain: whoever sends tokens with keys that nobody knows must not have Terrace call somebody
// each time.
type sparing struct {
	next http.RoundTripper

	mu    sync.Mutex
	asked map[string]time.Time
}

// RoundTrip implements http.RoundTripper.
func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	address := r.URL.String()
	s.mu.Lock()
	last, now := s.asked[address], time.Now()
	if s.asked == nil {
		s.asked = map[string]time.Time{}
	}
	tooSoon := !last.IsZero() && now.Sub(last) < askAgain
	if !tooSoon {
		s.asked[address] = now
	}
	s.mu.Unlock()
	if tooSoon {
		return nil, fmt.Errorf("%s was asked just now", address)
	}
	return s.next.RoundTrip(r)
}
