package upstream

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
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
	if !seal.OpenWord(ctx, s.Sealer, returnUse, word, &r) || s.Clock.Now().Sub(r.At) > flowLife {
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
	if len(token) > maxLogoutToken {
		return wrongLogout("it is too long")
	}
	p, err := s.at(ctx, u)
	if err != nil {
		return err
	}
	who, said, id, err := s.loggedOut(ctx, u, p, token)
	if err != nil {
		return err
	}
	return s.Tx.InTx(system(ctx, u.Tenant), func(ctx context.Context) error {
		if err := s.Store.Spend(ctx, kernel.HashOf("logout "+u.ID+" "+id), s.Clock.Now().Add(flowLife+ahead)); kernel.Is(err, kernel.Conflict) {
			return wrongLogout("it was taken already")
		} else if err != nil {
			return err
		}
		if err := s.Store.Hold(ctx, u.ID); err != nil {
			return err
		}
		if err := s.Store.AddLogout(ctx, Logout{
			ID: kernel.NewID("out"), Tenant: u.Tenant, Upstream: u.ID, Subject: who.Subject, SID: who.SID, At: said, ExpiresAt: s.Clock.Now().Add(flowLife + ahead),
		}); err != nil {
			return err
		}
		return s.end(ctx, u, who, endedThere)
	})
}

func wrongLogout(why string) error {
	return kernel.Errorf(kernel.Invalid, "the logout token does not hold: %s", why)
}

// loggedOut verifies a logout token (OpenID Connect Back-Channel Logout §2.6), and returns
// whose sessions end, when that was said and the id of the token.
func (s *Service) loggedOut(ctx context.Context, u Upstream, p *place, token string) (who SessionFilter, said time.Time, id string, err error) {
	checked, err := s.verifier(u, p, true).Verify(ctx, token)
	if err != nil {
		return who, said, "", wrongLogout(err.Error())
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]) // it was verified
	if err != nil {
		return who, said, "", wrongLogout("it is not readable")
	}
	claims, err := parseClaims(body)
	if err != nil {
		return who, said, "", wrongLogout("it is not readable")
	}
	events, _ := claims["events"].(map[string]any)
	_, is := events[logoutEvent].(map[string]any)
	_, nonce := claims["nonce"]
	who, id = SessionFilter{Subject: checked.Subject, SID: claims.text("sid")}, claims.text("jti")
	switch {
	case !is || nonce:
		return who, said, "", wrongLogout("it is no logout token")
	case u.manyTenants() && (!u.allowsIssuer(checked.Issuer) || checked.Issuer != u.issuerOf(claims.text("tid"))):
		return who, said, "", wrongLogout("its issuer is another one")
	case who.Subject == "" && who.SID == "" || id == "":
		return who, said, "", wrongLogout("it does not say who")
	case !s.isOfNow(checked):
		return who, said, "", wrongLogout("it is of another time")
	}
	return who, checked.IssuedAt, id, nil
}

// isOfNow reports whether a logout token was given lately, and has not expired where it
// says when it does, which it need not.
func (s *Service) isOfNow(t *oidc.IDToken) bool {
	now := s.Clock.Now()
	expires := !t.Expiry.IsZero() && t.Expiry.Unix() > 0
	return !t.IssuedAt.After(now.Add(ahead)) && now.Sub(t.IssuedAt) <= flowLife && !(expires && t.Expiry.Before(now))
}
