package authn

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) oidc(name string, v yamldoc.Value) way {
	l := &login{
		name: name, filter: r.f, kind: r.kind, scope: r.policy.Scope, policy: r.policy.Name, scopes: []string{"openid"},
		callback: "/.terrace/callback", start: "/.terrace/login", logout: "/.terrace/logout", after: "/", backchannel: "/.terrace/backchannel-logout", idle: time.Hour, absolute: 12 * time.Hour,
	}
	o := v.Object(spec.Fields(oidcDoc{})...)
	switch {
	case !o.OK():
		return l
	case r.f.login != nil:
		v.Problem("use one", "people sign in at one provider, and %s is another", r.f.login.name)
	case r.kind.Sealer == nil:
		v.Problem("use jwt", "this gateway has no keys to seal sessions with")
	}
	r.f.login = l
	if at, ok := o.Require("issuer", "write the address of the provider"); ok {
		s := source{issuer: text(o, "issuer"), login: true}
		if why := wrongAddress(s.issuer, true); why != "" {
			at.Problem("write one such as https://login.example.com", "%.120q %s", s.issuer, why)
		}
		l.issuer = r.kind.issuer(s)
	}
	if at, ok := o.Require("clientId", "write who the gateway is at the provider"); ok {
		if l.clientID = text(o, "clientId"); l.clientID == "" || !printable(l.clientID) {
			at.Problem("", "%q is no id of a client", l.clientID)
		}
	}
	if at, ok := o.Get("clientSecret"); ok {
		l.secret = r.secret(at, text(o, "clientSecret"))
	}
	for _, scope := range texts(o, "scopes") {
		if !slices.Contains(l.scopes, scope) {
			l.scopes = append(l.scopes, scope)
		}
	}
	l.consumer, l.scopeClaim = text(o, "consumerClaim"), text(o, "scopeClaim")
	l.userClaims = texts(o, "userInfoClaims")
	r.paths(l, o)
	r.lives(l, o)
	return l
}

// paths reads those that the gateway itself answers on.
func (r *reader) paths(l *login, o yamldoc.Object) {
	seen := map[string]bool{}
	for _, one := range []struct {
		key string
		to  *string
	}{{"callbackPath", &l.callback}, {"loginPath", &l.start}, {"logoutPath", &l.logout}, {"afterLogout", &l.after}, {"backchannelPath", &l.backchannel}} {
		at, ok := o.Get(one.key)
		if ok {
			*one.to, _ = at.String()
			if local(*one.to) != *one.to || strings.ContainsAny(*one.to, "?#%") || path.Clean(*one.to) != *one.to {
				at.Problem("write one such as /.terrace/callback", "%q is no plain path", *one.to)
			}
		}
		if seen[*one.to] && ok {
			at.Problem("give each its own", "two have the path %s", *one.to)
		}
		seen[*one.to] = true
	}
}

// maxAbsolute bounds how long a session lasts.
const maxAbsolute = 30 * 24 * time.Hour

func (r *reader) lives(l *login, o yamldoc.Object) {
	at, ok := o.Get("session")
	if !ok {
		return
	}
	lives := at.Object(spec.Fields(sessionDoc{})...)
	for _, one := range []struct {
		key string
		to  *time.Duration
	}{{"idle", &l.idle}, {"absolute", &l.absolute}} {
		v, ok := lives.Get(one.key)
		if !ok {
			continue
		}
		said, _ := v.String()
		d, err := time.ParseDuration(said)
		if err != nil || d < time.Minute || d > maxAbsolute {
			v.Problem("write one such as 8h, from a minute to "+maxAbsolute.String(), "%q is no life of a session", said)
		}
		*one.to = d
	}
	if l.idle > l.absolute {
		at.Problem("have idle end before absolute does", "a session would be idle for longer than it lasts")
	}
}
