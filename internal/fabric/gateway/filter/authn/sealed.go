package authn

import (
	"crypto/sha256"
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// flowName is the cookie of a sign-in under way.
func (l *login) flowName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return l.cookieName("flow") + "-" + hexOf(sum[:6])
}

// tooMany removes the cookies of sign-ins that were never ended, once there are many.
func (l *login) tooMany(x *exchange.Exchange) []string {
	var out []string
	for name := range x.Request.Header.Cookies() {
		if strings.HasPrefix(string(name), l.cookieName("flow")+"-") {
			out = append(out, cookie(string(name), "", -1))
		}
	}
	if len(out) < maxFlows {
		return nil
	}
	return out
}

// seal makes a cookie's value of something, for this policy on this host alone.
func (l *login) seal(x *exchange.Exchange, what string, v any) (string, error) {
	content, err := json.Marshal(v)
	if err != nil {
		return "", err //nolint:wrapcheck // it is logged as it is
	}
	sealed, err := l.kind.Sealer.SealFor(x.Context(), l.scope.Tenant, content, l.boundTo(x, what))
	return encode(sealed), err
}

func (l *login) open(x *exchange.Exchange, what, value string, into any) error {
	sealed, err := decodeCookie(value)
	if err != nil {
		return err
	}
	content, err := l.kind.Sealer.Open(x.Context(), sealed, l.boundTo(x, what))
	if err != nil {
		return err //nolint:wrapcheck // it says nothing of the content
	}
	d := json.NewDecoder(strings.NewReader(string(content)))
	d.UseNumber()
	return d.Decode(into) //nolint:wrapcheck // what it sealed itself
}

// boundTo is what a cookie holds for, and nothing else.
func (l *login) boundTo(x *exchange.Exchange, what string) []byte {
	return []byte(strings.Join([]string{"gateway " + what, l.scope.Tenant, l.scope.Project, l.scope.Stage, l.policy, l.name, x.Host, l.issuer.issuer, l.clientID}, "\x00"))
}
