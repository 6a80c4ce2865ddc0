package authn

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	// maxLogout bounds what a provider sends to end sessions, in bytes.
	maxLogout = 16 << 10
	// logoutLife is how old a token may be that ends sessions.
	logoutLife   = 5 * time.Minute
	logoutEvent  = "http://schemas.openid.net/event/backchannel-logout"
	maxSessionID = 256
)

// logoutToken is what a provider says of sessions that have ended (OpenID Connect
// Back-Channel Logout 1.0 §2.4).
type logoutToken struct {
	Subject string         `json:"sub"`
	Session string         `json:"sid"`
	ID      string         `json:"jti"`
	Nonce   *string        `json:"nonce"`
	Events  map[string]any `json:"events"`
}

// told ends the sessions that the provider says have ended: one by its sid, or
// all of a subject that began before. It comes from the provider itself, with no
// cookies; the token's signature is the proof.
func (l *login) told(x *exchange.Exchange) {
	refused := func(detail string) {
		x.Refuse(KindName, http.StatusBadRequest, "Sessions not ended", detail, "")
	}
	if string(x.Request.Header.Method()) != http.MethodPost {
		x.Refuse(KindName, http.StatusMethodNotAllowed, "Sessions not ended", "A provider tells of the end of sessions by POST.", "")
		return
	}
	content, whole, err := x.Body.Peek(maxLogout)
	if err != nil || !whole {
		refused("What was sent is too long, or did not come whole.")
		return
	}
	form, err := url.ParseQuery(string(content))
	if err != nil || form.Get("logout_token") == "" {
		refused("There is no logout_token in it.")
		return
	}
	now := l.kind.Clock.Now()
	token, issued, err := l.checkLogout(x, form.Get("logout_token"), now)
	if err != nil {
		l.kind.Log.WarnContext(x.Context(), "what a provider says of the end of sessions does not hold", "issuer", l.issuer.issuer, "error", err)
		refused("What the provider says does not hold.")
		return
	}
	if !l.kind.first(x.Context(), "logout\x00"+l.issuer.issuer+"\x00"+token.ID, now, now.Add(2*logoutLife)) {
		refused("This was taken already.")
		return
	}
	word := l.sessionWord(token.Session)
	if token.Session == "" {
		word = l.subjectWord(token.Subject)
	}
	l.kind.finish(word, now, issued.Add(maxAbsolute))
	x.Reset()
	x.Response.SetStatusCode(http.StatusOK)
	x.Response.Header.Set("Cache-Control", "no-store")
}

// checkLogout verifies a token (§2.6).
func (l *login) checkLogout(x *exchange.Exchange, raw string, now time.Time) (token logoutToken, issued time.Time, err error) {
	verifier := oidc.NewVerifier(l.issuer.issuer, l.issuer, &oidc.Config{
		ClientID: l.clientID, SupportedSigningAlgs: asymmetric(), Now: func() time.Time { return now },
	})
	id, err := verifier.Verify(x.Context(), raw)
	if err != nil {
		return token, issued, err //nolint:wrapcheck // it is logged as it is
	}
	if err := id.Claims(&token); err != nil {
		return token, issued, err //nolint:wrapcheck // it is logged as it is
	}
	_, ends := token.Events[logoutEvent].(map[string]any)
	switch {
	case !ends:
		return token, issued, errors.New("it ends no sessions")
	case token.Nonce != nil:
		return token, issued, errors.New("it has a nonce, which only a sign-in has")
	case token.ID == "":
		return token, issued, errors.New("it has no jti")
	case token.Subject == "" && token.Session == "":
		return token, issued, errors.New("it names neither a session nor a subject")
	case len(token.Subject) > maxSessionID || len(token.Session) > maxSessionID:
		return token, issued, errors.New("it names what is too long")
	case id.IssuedAt.After(now.Add(time.Minute)), now.Sub(id.IssuedAt) > logoutLife:
		return token, issued, errors.New("it is not of now")
	}
	return token, id.IssuedAt, nil
}

// sessionWord is what is remembered of a session of the provider that has ended,
// subjectWord of a subject all of whose sessions have.
func (l *login) sessionWord(sid string) string {
	return strings.Join([]string{"sid", l.issuer.issuer, l.clientID, sid}, "\x00")
}

func (l *login) subjectWord(subject string) string {
	return strings.Join([]string{"sub", l.issuer.issuer, l.clientID, subject}, "\x00")
}

// words are what may be remembered of a session that has ended: its own id, its
// session at the provider, its subject.
func (l *login) words(s *session) [3]string {
	out := [3]string{s.ID, "", l.subjectWord(s.Subject)}
	if sid, _ := s.Claims["sid"].(string); sid != "" {
		out[1] = l.sessionWord(sid)
	}
	return out
}

// over tells that a session has ended before its time.
func (l *login) over(p *proven, now time.Time) bool {
	for i, word := range p.words {
		if word == "" {
			continue
		}
		until := l.kind.ended.until(word)
		// Who signs in again after all sessions have ended has a new one.
		if until.After(now) && (i < len(p.words)-1 || p.session.Created <= until.Add(-maxAbsolute).Unix()) {
			return true
		}
	}
	return false
}
