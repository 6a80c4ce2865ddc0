package provider

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The bounds of telling clients that sessions have ended.
const (
	logoutLife   = 2 * time.Minute // of what is told, OpenID Connect Back-Channel Logout 1.0 §2.4
	tellTimeout  = 5 * time.Second
	toldAtOnce   = 32
	logoutMember = "http://schemas.openid.net/event/backchannel-logout"
)

// tellAgain are the times between the tries.
func tellAgain() []time.Duration {
	return []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}

// Owed is a session that has ended, and whose client is to be told.
type Owed struct {
	Session Session
	// Tries is how often it was tried.
	Tries int
}

// owe notes, in the transaction of ctx, that the client of a session is to be told of its
// end. One that has ended it itself knows, and what was exchanged is no sign-in of anybody.
func (s *Service) owe(ctx context.Context, n Session, why string) error {
	if n.Kind == "" || why == EndedByClient || !slices.Contains(n.Scopes, ScopeOpenID) {
		return nil
	}
	c, err := s.ByID(ctx, n.Client)
	if kernel.Is(err, kernel.NotFound) || err == nil && c.BackchannelLogout == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Store.Owe(ctx, n.ID, s.Clock.Now())
}

// TellClients tells clients of sessions that have ended (OpenID Connect Back-Channel Logout
// 1.0). One that does not take it is told again, later each time, six times in all.
func (s *Service) TellClients(ctx context.Context) error {
	owed, err := s.Store.Owed(ctx, s.Clock.Now(), toldAtOnce)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, o := range owed {
		all.Go(func() {
			if err := s.tellClient(ctx, o); err != nil {
				s.Log.WarnContext(ctx, "a client was not told that a session has ended", slog.String("client", o.Session.Client),
					slog.String("session", o.Session.ID), slog.Int("try", o.Tries+1), slog.String("error", err.Error()))
			}
		})
	}
	all.Wait()
	return nil
}

// tellClient tells one, where no other process does.
func (s *Service) tellClient(ctx context.Context, o Owed) error {
	again := tellAgain()
	last := o.Tries >= len(again)
	ok, err := s.Store.Try(ctx, o, s.Clock.Now().Add(again[min(o.Tries, len(again)-1)]))
	if err != nil || !ok {
		return err
	}
	c, err := s.ByID(ctx, o.Session.Client)
	if err == nil {
		err = s.send(ctx, c, o.Session)
	}
	if err == nil || last || kernel.Is(err, kernel.NotFound) { // it was removed since
		return cmp.Or(s.Store.Owe(ctx, o.Session.ID, time.Time{}), err)
	}
	return err
}

// LogoutClaims are what a logout token says.
type LogoutClaims struct {
	Issuer   string                    `json:"iss"`
	Subject  string                    `json:"sub"`
	Audience string                    `json:"aud"`
	IssuedAt int64                     `json:"iat"`
	Expires  int64                     `json:"exp"`
	ID       string                    `json:"jti"`
	Session  string                    `json:"sid"`
	Events   map[string]map[string]any `json:"events"`
}

// send posts a logout token to where a client wants it.
func (s *Service) send(ctx context.Context, c Client, n Session) error {
	now := s.Clock.Now()
	token, err := s.Sign(ctx, c.Algorithm, TypeLogout, LogoutClaims{
		Issuer: s.Issuer, Subject: n.Subject, Audience: c.ID, IssuedAt: now.Unix(), Expires: now.Add(logoutLife).Unix(),
		ID: kernel.NewID("jti"), Session: n.ID, Events: map[string]map[string]any{logoutMember: {}},
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, tellTimeout)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BackchannelLogout, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return fmt.Errorf("back channel of %s: %w", c.ID, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.channel(c.BackchannelLogout).Do(r)
	if err != nil {
		return fmt.Errorf("back channel of %s: %w", c.ID, err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return kernel.Errorf(kernel.Unavailable, "the back channel of %s answers %d", c.ID, res.StatusCode)
	}
	return nil
}

// channel calls one address: nowhere inside, and by no redirect.
func (s *Service) channel(address string) *http.Client {
	return &http.Client{
		Timeout: tellTimeout,
		Transport: &http.Transport{
			DialContext: s.Guard.Dialer(strings.HasPrefix(address, "http:")).DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: egress.DialTimeout, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
