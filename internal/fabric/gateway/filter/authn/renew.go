package authn

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// errOver says that the provider has ended a session.
var errOver = errors.New("the provider renews the session no more")

// renewal is what came of one refresh token.
type renewal struct {
	done    chan struct{}
	session *session
	err     error
	at      time.Time
}

// renewals give all who ask with one refresh token, which holds once, the same answer.
type renewals struct {
	mu sync.Mutex
	of map[[sha256.Size]byte]*renewal
}

// begin returns the renewal of a refresh token, and whether it is for the caller to make.
func (r *renewals) begin(key [sha256.Size]byte, now time.Time) (*renewal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.of[key]; one != nil {
		return one, false
	}
	for old, one := range r.of {
		if now.Sub(one.at) > remembered {
			delete(r.of, old)
		}
	}
	if r.of == nil {
		r.of = map[[sha256.Size]byte]*renewal{}
	}
	r.of[key] = &renewal{done: make(chan struct{}), at: now}
	return r.of[key], true
}

func (r *renewals) forget(key [sha256.Size]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, key)
}

// renew gives a refresh token for new tokens.
func (l *login) renew(x *exchange.Exchange, s *session, now time.Time) (*session, error) {
	key := sha256.Sum256([]byte(s.ID + "\x00" + s.Refresh))
	one, mine := l.kind.renewals.begin(key, now)
	if mine {
		func() {
			defer close(one.done) // whatever happens
			one.err = errors.New("the renewal broke off")
			one.session, one.err = l.ask(x, s, now)
		}()
		if one.err != nil {
			l.kind.renewals.forget(key)
			l.kind.Log.WarnContext(x.Context(), "a session at the gateway is not renewed", "issuer", l.issuer.issuer, "error", one.err)
		}
	}
	select {
	case <-one.done:
		return one.session, one.err
	case <-x.Context().Done():
		return nil, x.Context().Err() //nolint:wrapcheck // nobody waits any more
	}
}

func (l *login) ask(x *exchange.Exchange, s *session, now time.Time) (*session, error) {
	client, _ := l.client(x)
	if client == nil {
		x.Reset()
		x.Facts.By = ""
		return nil, errors.New("the provider cannot be used at present")
	}
	// Who has begun it may leave: the refresh token is used up all the same.
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(x.Context()), l.issuer.client), askTimeout)
	defer cancel()
	token, err := client.TokenSource(ctx, &oauth2.Token{RefreshToken: s.Refresh}).Token()
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		l.kind.finish(s.ID, now, time.Unix(s.Created, 0).Add(l.absolute))
		return nil, errOver
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	fresh := *s
	fresh.Seen = now.Unix()
	if _, err := l.take(ctx, &fresh, token, now); err != nil {
		return nil, err
	}
	return &fresh, nil
}
