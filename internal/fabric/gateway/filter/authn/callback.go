package authn

import (
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// finish takes the provider's answer.
func (l *login) finish(x *exchange.Exchange) {
	state := parameterOf(x, "state")
	refused := func(detail string) {
		x.Refuse(KindName, http.StatusBadRequest, "Sign-in refused", detail, "go back to the page that you wanted, and begin again")
		if state != "" {
			x.Response.Header.Add("Set-Cookie", cookie(l.flowName(state), "", -1))
		}
	}
	var f flow
	raw := x.Request.Header.Cookie(l.flowName(state))
	now := l.kind.Clock.Now()
	switch {
	case string(x.Request.Header.Method()) != http.MethodGet:
		x.Refuse(KindName, http.StatusMethodNotAllowed, "Sign-in refused", "A provider's answer comes by GET.", "")
		return
	case state == "" || len(raw) == 0 || l.open(x, "flow", string(raw), &f) != nil || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1:
		refused("This answer belongs to no sign-in of this browser.")
		return
	case now.Sub(time.Unix(f.At, 0)) > flowLife:
		refused("The sign-in took too long.")
		return
	case !l.kind.first(x.Context(), f.State, now, now.Add(flowLife)):
		refused("This answer was taken already.")
		return
	}
	client, known := l.client(x)
	if client == nil {
		return
	}
	iss, code := parameterOf(x, "iss"), parameterOf(x, "code")
	switch {
	case iss != l.issuer.issuer && (iss != "" || known.meta.SaysIssuer): // RFC 9207 §2.4
		refused("This answer is not from the provider that was asked.")
	case code == "":
		refused("The provider did not sign you in.")
	default:
		s, err := l.exchange(x, client, code, f, now)
		if err != nil {
			l.kind.Log.WarnContext(x.Context(), "what a provider says to a sign-in at the gateway does not hold", "issuer", l.issuer.issuer, "error", err)
			refused("What the provider says does not hold.")
			return
		}
		l.enter(x, s, f)
	}
}

// enter gives a browser its session: always a new one, in place of any it had.
func (l *login) enter(x *exchange.Exchange, s *session, f flow) {
	cookies, err := l.cookies(x, s)
	if err != nil {
		l.fail(x, err)
		return
	}
	redirect(x, l.address(x, local(f.Back)), append(cookies, cookie(l.flowName(f.State), "", -1))...)
}
