package authn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
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
	callback, start, logout, after string
	idle, absolute                 time.Duration
	consumer, scopeClaim           string
	verified                       cache
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

func (*login) challenge() string { return "" }

// serves answers what is for the gateway itself.
func (l *login) serves(x *exchange.Exchange) bool {
	switch x.Path {
	case l.callback:
		l.finish(x)
	case l.start:
		l.send(x, local(parameterOf(x, "return_to")))
	case l.logout:
		l.end(x)
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
func (l *login) send(x *exchange.Exchange, back string) {
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
	cookies := l.tooMany(x)
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
	style := oauth2.AuthStyleInHeader
	if secret == "" || len(known.meta.Methods) > 0 && !slices.Contains(known.meta.Methods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: l.clientID, ClientSecret: secret, RedirectURL: l.address(x, l.callback), Scopes: l.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: known.meta.Authorization, TokenURL: known.meta.Token, AuthStyle: style},
	}, known
}

func (l *login) fail(x *exchange.Exchange, err error) {
	l.kind.Log.WarnContext(x.Context(), "a sign-in at the gateway fails", "route", x.Facts.Route, "scope", x.Facts.Scope, "error", err)
	x.Refuse(KindName, http.StatusInternalServerError, "Sign-in failed", "The gateway could not keep the sign-in.", "")
}

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
	case !l.kind.states.first(f.State, now, now.Add(flowLife)):
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

// exchange gives the code for tokens, and makes a session of them.
func (l *login) exchange(x *exchange.Exchange, client *oauth2.Config, code string, f flow, now time.Time) (*session, error) {
	ctx := oidc.ClientContext(x.Context(), l.issuer.client)
	token, err := client.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	s := &session{ID: rand.Text(), Created: now.Unix(), Seen: now.Unix()}
	id, err := l.take(ctx, s, token, now)
	switch {
	case err != nil:
		return nil, err
	case id == nil:
		return nil, errors.New("there is no ID token")
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1:
		return nil, errors.New("its nonce is that of another sign-in")
	}
	return s, nil
}

// take puts into a session what the provider gave; a nil token says that there was none.
func (l *login) take(ctx context.Context, s *session, token *oauth2.Token, now time.Time) (*oidc.IDToken, error) {
	if token.RefreshToken != "" {
		s.Refresh = token.RefreshToken
	}
	s.Due = 0
	if !token.Expiry.IsZero() {
		s.Due = now.Add(max(0, time.Until(token.Expiry))).Unix()
	}
	s.Scopes = l.scopes
	if said, _ := token.Extra("scope").(string); said != "" {
		s.Scopes = strings.Fields(said)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, nil //nolint:nilnil // the caller knows whether there has to be one
	}
	id, err := l.check(ctx, raw, token.AccessToken, now)
	if err != nil {
		return nil, err
	}
	if s.Subject != "" && s.Subject != id.Subject {
		return nil, errors.New("it is of somebody else than before")
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	if l.issuer.foreign(claims, l.scope.Tenant) {
		return nil, errors.New("it is of somebody of another tenant")
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash", "iat", "exp", "nbf"} {
		delete(claims, name)
	}
	s.Subject, s.Claims, s.Hint = id.Subject, claims, raw
	return id, nil
}

// check verifies an ID token (OpenID Connect Core §3.1.3.7).
func (l *login) check(ctx context.Context, raw, access string, now time.Time) (*oidc.IDToken, error) {
	verifier := oidc.NewVerifier(l.issuer.issuer, l.issuer, &oidc.Config{
		ClientID: l.clientID, SupportedSigningAlgs: asymmetric(), Now: func() time.Time { return now },
	})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	var said struct {
		Party string `json:"azp"`
	}
	if err := id.Claims(&said); err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	switch {
	case id.Subject == "" || len(id.Subject) > 256 || !printable(id.Subject):
		return nil, errors.New("it says of nobody")
	case id.IssuedAt.After(now.Add(time.Minute)):
		return nil, errors.New("it is of a time that has not come")
	case said.Party != "" && said.Party != l.clientID, len(id.Audience) > 1 && said.Party == "":
		return nil, errors.New("it was given to another client")
	}
	if id.AccessTokenHash != "" {
		return id, id.VerifyAccessToken(access) //nolint:wrapcheck // it is logged as it is
	}
	return id, nil
}

// VerifySignature implements oidc.KeySet with the keys that are known.
func (i *issuer) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	algorithms := make([]jose.SignatureAlgorithm, 0, len(asymmetric()))
	for _, name := range asymmetric() {
		algorithms = append(algorithms, jose.SignatureAlgorithm(name))
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	head, now := signed.Signatures[0].Header, i.kind.Clock.Now()
	candidates := i.current(now).candidates(head.KeyID, head.Algorithm)
	if len(candidates) == 0 {
		candidates = i.renewed(ctx, now).candidates(head.KeyID, head.Algorithm)
	}
	for _, key := range candidates {
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the issuer has signed it")
}

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
