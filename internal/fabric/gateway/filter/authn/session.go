package authn

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	// chunk is how much one cookie holds, with room for its name and attributes
	// (RFC 6265 §6.1); maxChunks is how many a session may have.
	chunk     = 3600
	maxChunks = 6
	// early is how long before tokens end they are renewed; grace is how long a session
	// goes on whose provider cannot be asked.
	early = 30 * time.Second
	grace = 10 * time.Minute
	// remembered is how long the outcome of a renewal is given to those who ask with the
	// same refresh token.
	remembered = time.Minute
)

// session is somebody who has signed in, as the cookies have it sealed.
type session struct {
	ID, Subject string
	Claims      map[string]any
	Scopes      []string
	// Refresh renews what the provider gave, Hint is the ID token for signing out there.
	Refresh string `json:",omitempty"`
	Hint    string `json:",omitempty"`
	// Created and Seen are when it began and was last written, Due is when what the
	// provider gave ends; 0 is never. All are seconds of Unix.
	Created, Seen, Due int64
}

// identify returns whose session the request has. One that does not hold, or has ended, is none.
func (l *login) identify(x *exchange.Exchange) (*caller, *refusal) {
	value := l.value(x)
	if value == "" {
		return nil, nil
	}
	now := l.kind.Clock.Now()
	p := l.session(x, value, now)
	if p == nil {
		return nil, nil
	}
	s := p.session
	if sentByOthers(x) {
		return nil, &refusal{status: http.StatusForbidden, detail: "Another site has sent this in the name of who is signed in."}
	}
	if l.issuer.own() {
		if wrong := l.kind.lasts(x.Context(), s, l.scope.Tenant); wrong != nil {
			return nil, unlessOver(wrong)
		}
	}
	var cookies []string
	switch {
	case s.Refresh != "" && s.Due > 0 && now.Unix() >= s.Due-int64(early.Seconds()):
		renewed, err := l.renew(x, s, now)
		switch {
		case errors.Is(err, errOver):
			return nil, nil
		case err == nil:
			s = renewed
			cookies, err = l.cookies(x, s)
		}
		if err != nil && now.Unix() > s.Due+int64(grace.Seconds()) {
			return nil, &refusal{status: http.StatusServiceUnavailable, detail: "The provider that people sign in with cannot be asked whether the session holds."}
		}
	case now.Sub(time.Unix(s.Seen, 0)) > l.idle/4:
		moved := *s
		moved.Seen = now.Unix()
		cookies, _ = l.cookies(x, &moved) // the one before holds for a while
	}
	if cookies == nil && s == p.session {
		return &p.caller, nil
	}
	who := l.caller(s)
	who.cookies = cookies
	return &who, nil
}

// unlessOver keeps a refusal but that of a session that is over, which is none.
func unlessOver(r *refusal) *refusal {
	if r.status == http.StatusUnauthorized {
		return nil
	}
	return r
}

func unsafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

func (l *login) caller(s *session) caller {
	i := &exchange.Identity{Provider: l.name, Method: "oidc", Issuer: l.issuer.issuer, Subject: s.Subject, Scopes: s.Scopes, Claims: s.Claims}
	if l.scopeClaim != "" {
		i.Scopes = scopesOf(i, l.scopeClaim)
	}
	i.Consumer = l.name + "/" + cmp.Or(consumerOf(i, l.consumer, "sub"), s.Subject)
	return caller{identity: i, headers: l.filter.headers.of(i)}
}

// session opens one, or remembers it, and tells whether it goes on.
func (l *login) session(x *exchange.Exchange, value string, now time.Time) *proven {
	sum := sha256.Sum256([]byte(x.Host + "\x00" + value))
	p := l.verified.get(&sum)
	if p == nil {
		var s session
		if l.open(x, "session", value, &s) != nil || s.ID == "" || s.Subject == "" {
			return nil
		}
		ends := min(time.Unix(s.Created, 0).Add(l.absolute).UnixNano(), time.Unix(s.Seen, 0).Add(l.idle).UnixNano())
		p = &proven{caller: l.caller(&s), session: &s, until: ends, words: l.words(&s)}
		l.verified.put(sum, p, now.UnixNano())
	}
	if p.until <= now.UnixNano() || l.over(p, now) {
		return nil
	}
	l.kind.hear(p, now)
	return p
}

// end signs somebody out: here, and at the provider (OpenID Connect RP-Initiated Logout 1.0).
// Another site cannot do so.
func (l *login) end(x *exchange.Exchange) {
	value, now := l.value(x), l.kind.Clock.Now()
	var s *session
	if p := l.session(x, value, now); p != nil {
		s = p.session
	}
	same, known := own(x)
	get := string(x.Request.Header.Method()) == http.MethodGet
	// Cookies go with a visit by GET from anywhere, with a POST from this site alone.
	if known && !same || !known && (get || s == nil) {
		x.Refuse(KindName, http.StatusForbidden, "Not signed out", "Another site could have sent this.", "sign out by a form of this site, with POST")
		return
	}
	cookies := l.clear(x)
	if s == nil {
		redirect(x, l.address(x, l.after), cookies...)
		return
	}
	l.kind.finish(s.ID, now, time.Unix(s.Created, 0).Add(l.absolute))
	l.revoke(s.Refresh, l.issuer.known.Load())
	provider := l.issuer.known.Load()
	if provider == nil || provider.meta.EndSession == "" {
		redirect(x, l.address(x, l.after), cookies...)
		return
	}
	ask := url.Values{"client_id": {l.clientID}, "post_logout_redirect_uri": {l.address(x, l.after)}}
	if s.Hint != "" {
		ask.Set("id_token_hint", s.Hint)
	}
	joint := "?"
	if strings.Contains(provider.meta.EndSession, "?") {
		joint = "&"
	}
	redirect(x, provider.meta.EndSession+joint+ask.Encode(), cookies...)
}
