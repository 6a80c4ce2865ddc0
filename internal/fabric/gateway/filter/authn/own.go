package authn

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ownTimeout bounds how long a request waits for Terrace's own provider, which may have to
// ask the database.
const ownTimeout = 3 * time.Second

// counts refuses a token of Terrace's own provider that does not count any more, and one of
// which that is not known.
func (k *Kind) counts(ctx context.Context, token string) *refusal {
	ctx, cancel := context.WithTimeout(ctx, ownTimeout)
	defer cancel()
	return notCounting(k.Own.Counts(ctx, token))
}

// lasts is counts for somebody who has signed in with a browser.
func (k *Kind) lasts(ctx context.Context, s *session, tenant string) *refusal {
	ctx, cancel := context.WithTimeout(ctx, ownTimeout)
	defer cancel()
	id, _ := s.Claims["sid"].(string)
	return notCounting(k.Own.Lasts(ctx, tenant, s.Subject, id))
}

// misnamed tells that Terrace's own provider has signed what came as another issuer's: this
// process knows it under another address, and would ask nobody whether it counts and of
// which tenant it is. It is not sure while it does not know the provider's keys.
func (k *Kind) misnamed(ctx context.Context, from *issuer, key jose.JSONWebKey, now time.Time) (is, sure bool) {
	if k.terrace == nil || from.own() {
		return false, true
	}
	own := k.terrace.current(now)
	if own == nil {
		own = k.terrace.renewed(ctx, now)
	}
	if own == nil {
		return false, false
	}
	return slices.ContainsFunc(own.all, func(one jose.JSONWebKey) bool { return reflect.DeepEqual(one.Key, key.Key) }), true
}

func notCounting(err error) *refusal {
	switch {
	case err == nil:
		return nil
	case kernel.Is(err, kernel.Unauthenticated):
		return refuse("The session of the token has ended.")
	case kernel.Is(err, kernel.Denied):
		return refuse("Whom the token stands for is kept out at present.")
	}
	return &refusal{status: http.StatusServiceUnavailable, detail: "It cannot be known at present whether the session holds."}
}
