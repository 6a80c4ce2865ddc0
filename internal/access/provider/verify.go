package provider

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	maxToken    = 8 << 10
	maxVerified = 20_000
)

// token is an access token that was verified.
type token struct {
	Claims
	kid    string
	limits *kernel.Limits
	// chain is that of its claims.
	chain []string
}

// verified are tokens by their SHA-256, so that a signature is checked once. It
// forgets all when it is full.
type verified struct {
	mu  sync.RWMutex
	all map[[sha256.Size]byte]*token
}

func newVerified() *verified { return &verified{all: map[[sha256.Size]byte]*token{}} }

func (v *verified) get(sum [sha256.Size]byte) *token {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.all[sum]
}

func (v *verified) put(sum [sha256.Size]byte, t *token) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.all) >= maxVerified {
		clear(v.all)
	}
	v.all[sum] = t
}

// LooksLike reports whether a bearer token has the form of an access token.
func (s *Service) LooksLike(bearer string) bool {
	return strings.HasPrefix(bearer, "ey") && strings.Count(bearer, ".") == 2
}

// Verify returns who an access token stands for at Terrace's API. The error is
// Unauthenticated for one that is altered, expired, for somebody else, or of a session
// that has ended.
func (s *Service) Verify(ctx context.Context, bearer string) (kernel.Actor, error) {
	t, err := s.token(ctx, bearer)
	if err != nil {
		return kernel.Actor{}, err
	}
	if !t.For(s.Issuer) {
		return kernel.Actor{}, notValid("it is for another audience")
	}
	actor, err := s.Users.Acting(ctx, t.Tenant, t.Subject)
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Actor{}, notValid("whom it stands for is gone")
	}
	actor.Session, actor.Until, actor.Limits = t.Session, time.Unix(t.Expires, 0).UTC(), t.limits
	return actor, err
}

// Inspect returns what an access token says, for whomever it is; the error is
// Unauthenticated for one that does not hold.
func (s *Service) Inspect(ctx context.Context, bearer string) (Claims, error) {
	t, err := s.token(ctx, bearer)
	if err != nil {
		return Claims{}, err
	}
	return t.Claims, nil
}

// token verifies an access token.
func (s *Service) token(ctx context.Context, bearer string) (*token, error) {
	known, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(bearer))
	t := s.verified.get(sum)
	if t == nil {
		if t, err = s.parse(ctx, bearer); err != nil {
			return nil, err
		}
		s.verified.put(sum, t)
	}
	if _, ok := known.keys.byID[t.kid]; !ok {
		return nil, notValid("its key is no longer used")
	}
	if _, ended := known.ended[t.Session]; ended {
		return nil, notValid("its session has ended")
	}
	for _, id := range t.chain {
		if _, ended := known.ended[id]; ended {
			return nil, notValid("it was given back, or what it was exchanged for")
		}
	}
	return t, t.checkTime(s.Clock.Now())
}

// parse checks an access token's signature and what it says of itself.
func (s *Service) parse(ctx context.Context, bearer string) (*token, error) {
	t := &token{}
	var err error
	if t.kid, err = s.check(ctx, bearer, TypeAccess, &t.Claims); err != nil {
		return nil, err
	}
	switch {
	case t.Issuer != s.Issuer:
		return nil, notValid("another issuer gave it")
	case t.Subject == "" || t.Tenant == "" || t.Session == "" || t.Client == "":
		return nil, notValid("it does not say whom it stands for")
	}
	t.chain = t.Chain()
	t.limits = limitsOf(t.Scope)
	if len(t.Projects)+len(t.Stages) > 0 {
		if t.limits == nil {
			t.limits = &kernel.Limits{}
		}
		t.limits.Projects, t.limits.Stages = t.Projects, t.Stages
	}
	return t, t.checkTime(s.Clock.Now())
}

func (t *token) checkTime(now time.Time) error {
	switch {
	case now.Unix() >= t.Expires:
		return kernel.Errorf(kernel.Unauthenticated, "the token has expired").WithFix("renew it, or sign in again")
	case t.IssuedAt > now.Add(leeway).Unix():
		return notValid("it is of a time that has not come")
	}
	return nil
}

// limitsOf narrows an actor to the scopes of a token; all of them narrow nothing. A token
// that has none for the API may do nothing there, for an empty list would narrow nothing.
func limitsOf(scope string) *kernel.Limits {
	scopes := slices.DeleteFunc(strings.Fields(scope), func(one string) bool { return !slices.Contains(kernel.TokenScopes(), one) })
	switch {
	case containsAll(scopes, kernel.TokenScopes()):
		return nil
	case len(scopes) == 0:
		scopes = []string{"none"}
	}
	return &kernel.Limits{Scopes: scopes}
}
