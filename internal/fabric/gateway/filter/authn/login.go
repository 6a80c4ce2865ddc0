package authn

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// flowLife is how long somebody may take to sign in.
	flowLife = 10 * time.Minute
	// maxFlows is how many sign-ins of a browser may be under way.
	maxFlows = 8
	maxBack  = 2 << 10
)

// login signs people in at an OpenID provider, by the code flow with PKCE (OpenID Connect
// Core §3.1, RFC 7636), and knows them again by a session in cookies.
type login struct {
	name     string
	filter   *filter
	kind     *Kind
	scope    kernel.Scope
	policy   string
	issuer   *issuer
	clientID string
	// secret is nil for a client without one.
	secret *secretValue
	scopes []string
	// paths of the gateway itself on the hosts of the route.
	callback, start, logout, after, backchannel string
	idle, absolute                              time.Duration
	consumer, scopeClaim                        string
	// userClaims are asked of the provider's userinfo where the ID token lacks them.
	userClaims []string
	verified   cache
}

// flow is a sign-in under way, as its cookie has it sealed.
type flow struct {
	State, Nonce, Verifier string
	// Back is where somebody came from, on the same host.
	Back string
	At   int64
}

func (l *login) begin() {
	l.issuer.current(l.kind.Clock.Now())
	if l.secret != nil {
		l.secret.begin()
	}
}

// challenge names the cookie's way, of which a browser makes no dialogue, and where a script
// that got the answer sends its page.
func (l *login) challenge() string { return `Cookie realm="` + l.name + `", login="` + l.start + `"` }

// serves answers what is for the gateway itself.
func (l *login) serves(x *exchange.Exchange) bool {
	switch x.Path {
	case l.callback:
		l.finish(x)
	case l.start:
		l.send(x, local(parameterOf(x, "return_to")), l.tooMany(x))
	case l.logout:
		l.end(x)
	case l.backchannel:
		l.told(x)
	default:
		return false
	}
	x.Facts.By = KindName
	return true
}

func parameterOf(x *exchange.Exchange, name string) string {
	_, query, _ := strings.Cut(x.Target, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := parameter(pair, name); ok {
			return value
		}
	}
	return ""
}

// local returns a path with its query if it can be nothing but a place on the same host.
func local(target string) string {
	if target == "" || len(target) > maxBack || target[0] != '/' || len(target) > 1 && (target[1] == '/' || target[1] == '\\') ||
		strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	return target
}

// navigates tells that a person's browser goes to a page: a program gets 401 instead of
// the way to a provider.
func navigates(x *exchange.Exchange) bool {
	h := &x.Request.Header
	if method := string(h.Method()); method != http.MethodGet && method != http.MethodHead || h.ConnectionUpgrade() || len(h.Peek("X-Requested-With")) > 0 {
		return false
	}
	if mode := h.Peek("Sec-Fetch-Mode"); len(mode) > 0 {
		return string(mode) == "navigate"
	}
	return strings.Contains(string(h.Peek("Accept")), "text/html")
}

// own tells that a request comes from the page of the same origin, as browsers say it;
// known is false where nobody says anything.
func own(x *exchange.Exchange) (same, known bool) {
	if site := x.Request.Header.Peek("Sec-Fetch-Site"); len(site) > 0 {
		return string(site) == "same-origin" || string(site) == "none", true
	}
	if origin := x.Request.Header.Peek("Origin"); len(origin) > 0 {
		return string(origin) == "https://"+authority(x), true
	}
	return false, false
}

func (l *login) address(x *exchange.Exchange, path string) string {
	return "https://" + authority(x) + path
}

// authority is the host that was asked for, with its port where it has one of digits.
func authority(x *exchange.Exchange) string {
	host := string(x.Request.Header.Host())
	if i := strings.LastIndexByte(host, ':'); i > strings.IndexByte(host, ']') {
		if port, err := strconv.ParseUint(host[i+1:], 10, 16); err == nil {
			return x.Host + ":" + strconv.FormatUint(port, 10)
		}
	}
	return x.Host
}

func redirect(x *exchange.Exchange, to string, cookies ...string) {
	x.Reset()
	x.Facts.By = KindName
	x.Response.SetStatusCode(http.StatusSeeOther)
	x.Response.Header.Set("Location", to)
	x.Response.Header.Set("Cache-Control", "no-store")
	x.Response.Header.Set("Referrer-Policy", "no-referrer")
	for _, c := range cookies {
		x.Response.Header.Add("Set-Cookie", c)
	}
}

// send sends somebody to the provider, to come back to a place of this host.
func (l *login) send(x *exchange.Exchange, back string, cookies []string) {
	client, _ := l.client(x)
	if client == nil {
		return
	}
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back, At: l.kind.Clock.Now().Unix()}
	sealed, err := l.seal(x, "flow", f)
	if err != nil {
		l.fail(x, err)
		return
	}
	cookies = append(cookies, cookie(l.flowName(f.State), sealed, int(flowLife.Seconds())))
	redirect(x, client.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), cookies...)
}

// client is who the route is at the provider; nil where it cannot be asked, which is
// answered then.
func (l *login) client(x *exchange.Exchange) (*oauth2.Config, *keys) {
	now := l.kind.Clock.Now()
	known := l.issuer.current(now)
	if known == nil {
		known = l.issuer.renewed(x.Context(), now)
	}
	secret, ok := "", true
	if l.secret != nil {
		secret, ok = l.secret.get(x.Context())
	}
	if known == nil || !ok {
		x.Unavailable(KindName, 5, "Sign-in not possible", "The provider that people sign in with cannot be used at present.", "")
		return nil, nil
	}
	return &oauth2.Config{
		ClientID: l.clientID, ClientSecret: secret, RedirectURL: l.address(x, l.callback), Scopes: l.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: known.meta.Authorization, TokenURL: known.meta.Token, AuthStyle: authStyle(secret, known)},
	}, known
}

// authStyle is how a client proves itself to the provider (RFC 6749 §2.3.1).
func authStyle(secret string, known *keys) oauth2.AuthStyle {
	if secret == "" || len(known.meta.Methods) > 0 && !slices.Contains(known.meta.Methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

func (l *login) fail(x *exchange.Exchange, err error) {
	l.kind.Log.WarnContext(x.Context(), "a sign-in at the gateway fails", "route", x.Facts.Route, "scope", x.Facts.Scope, "error", err)
	x.Refuse(KindName, http.StatusInternalServerError, "Sign-in failed", "The gateway could not keep the sign-in.", "")
}
