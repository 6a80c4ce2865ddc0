package upstream

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// returning is what a browser that signs out at an upstream comes back with, sealed.
type returning struct {
	Next string    `json:"n"`
	At   time.Time `json:"t"`
}

// Returned returns where a browser goes that comes back from signing out at an upstream,
// "" for nowhere.
func (s *Service) Returned(ctx context.Context, word string) string {
	var r returning
	if !s.openWord(ctx, returnUse, word, &r) || s.Clock.Now().Sub(r.At) > flowLife {
		return ""
	}
	return r.Next
}

// byID returns the upstream of a session.
func (s *Service) byID(ctx context.Context, one Session) (Upstream, error) {
	l, err := s.Store.Link(ctx, one.Tenant, one.Link)
	if err != nil {
		return Upstream{}, err
	}
	return s.Store.Upstream(ctx, one.Tenant, l.Name)
}

// The event of a logout token (OpenID Connect Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

const maxLogoutToken = 16 << 10

// Logout takes an upstream's word that somebody has signed out there, and ends what came
// of it here. The error is Invalid for a token that does not hold.
func (s *Service) Logout(ctx context.Context, tenant, name, token string) error {
	u, err := s.enabled(ctx, tenant, name)
	if err != nil {
		return err
	}
	wrong := func(why string) error {
		return kernel.Errorf(kernel.Invalid, "the logout token does not hold: %s", why)
	}
	if len(token) > maxLogoutToken {
		return wrong("it is too long")
	}
	p, err := s.at(ctx, u)
	if err != nil {
		return err
	}
	checked, err := s.verifier(u, p, true).Verify(ctx, token)
	if err != nil {
		return wrong(err.Error())
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]) // it was verified
	if err != nil {
		return wrong("it is not readable")
	}
	claims, err := parseClaims(body)
	if err != nil {
		return wrong("it is not readable")
	}
	now := s.Clock.Now()
	events, _ := claims["events"].(map[string]any)
	_, is := events[logoutEvent].(map[string]any)
	sid, id := claims.text("sid"), claims.text("jti")
	_, nonce := claims["nonce"]
	switch {
	case !is || nonce:
		return wrong("it is no logout token")
	case u.manyTenants() && (!u.allowsIssuer(checked.Issuer) || checked.Issuer != u.issuerOf(claims.text("tid"))):
		return wrong("its issuer is another one")
	case checked.Subject == "" && sid == "" || id == "":
		return wrong("it does not say who")
	case checked.IssuedAt.After(now.Add(ahead)) || now.Sub(checked.IssuedAt) > flowLife || !checked.Expiry.IsZero() && checked.Expiry.Unix() > 0 && checked.Expiry.Before(now):
		return wrong("it is of another time")
	}
	return s.Tx.InTx(system(ctx, u.Tenant), func(ctx context.Context) error {
		if err := s.Store.Spend(ctx, hashOf("logout "+u.ID+" "+id), now.Add(flowLife+ahead)); kernel.Is(err, kernel.Conflict) {
			return wrong("it was taken already")
		} else if err != nil {
			return err
		}
		return s.end(ctx, u, SessionFilter{Subject: checked.Subject, SID: sid}, EndedThere)
	})
}
