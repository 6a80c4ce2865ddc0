package app

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamapi"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// elsewhere is another provider, in which the person of claims is signed in. It can be
// told to behave badly.
type elsewhere struct {
	*httptest.Server

	t   *testing.T
	key *rsa.PrivateKey

	mu     sync.Mutex
	claims map[string]any
	asked  map[string]url.Values // by code
	// answer changes what a browser is sent back with, said what the ID token says, and
	// signed how it is signed.
	answer func(url.Values)
	said   func(map[string]any)
	signed func(map[string]any) string
	// metadata changes what it says of itself.
	metadata func(map[string]any)
	// page answers other paths.
	page func(w http.ResponseWriter, r *http.Request) bool
	// last is the last authorization request, and left the last request to sign out.
	last, left url.Values
}

const elsewhereSecret = "s3cret-of-terrace"

func newElsewhere(t *testing.T, claims map[string]any) *elsewhere {
	t.Helper()
	e := &elsewhere{t: t, claims: claims, asked: map[string]url.Values{}}
	var err error
	if e.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

// set changes it under its lock.
func (e *elsewhere) set(change func(e *elsewhere)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *elsewhere) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.page != nil && e.page(w, r) {
		return
	}
	prefix, discovers := strings.CutSuffix(r.URL.Path, "/.well-known/openid-configuration")
	switch {
	case discovers:
		e.discover(w, prefix)
	case r.URL.Path == "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: e.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	case r.URL.Path == "/authorize":
		e.authorize(w, r)
	case r.URL.Path == "/token":
		e.token(w, r)
	case r.URL.Path == "/userinfo":
		_ = json.NewEncoder(w).Encode(e.claims)
	case r.URL.Path == "/logout":
		e.left = r.URL.Query()
		http.Redirect(w, r, e.left.Get("post_logout_redirect_uri")+"?state="+url.QueryEscape(e.left.Get("state")), http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

func (e *elsewhere) discover(w http.ResponseWriter, prefix string) {
	said := map[string]any{
		"issuer": e.URL + strings.Replace(prefix, "/organizations/", "/{tenantid}/", 1), "authorization_endpoint": e.URL + "/authorize", "token_endpoint": e.URL + "/token",
		"jwks_uri": e.URL + "/keys", "userinfo_endpoint": e.URL + "/userinfo", "end_session_endpoint": e.URL + "/logout",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true,
	}
	if e.metadata != nil {
		e.metadata(said)
	}
	_ = json.NewEncoder(w).Encode(said)
}

func (e *elsewhere) authorize(w http.ResponseWriter, r *http.Request) {
	e.last = r.URL.Query()
	if e.last.Get("code_challenge_method") != "S256" || e.last.Get("nonce") == "" || e.last.Get("client_id") != "terrace" {
		http.Error(w, "a bad request", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {e.last.Get("state")}, "iss": {e.URL}}
	if e.last.Get("prompt") == "none" {
		back.Set("error", "login_required")
	} else {
		code := kernel.NewID("code")
		e.asked[code] = e.last
		back.Set("code", code)
	}
	if e.answer != nil {
		e.answer(back)
	}
	http.Redirect(w, r, e.last.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (e *elsewhere) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	fail := func(status int, word string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": word, "error_description": "because"})
	}
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id != "terrace" || secret != elsewhereSecret {
		fail(http.StatusUnauthorized, "invalid_client")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.PostForm.Get("grant_type") == "client_credentials" {
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "own " + r.PostForm.Get("scope"), "token_type": "Bearer", "expires_in": 60})
		return
	}
	asked, ok := e.asked[r.PostForm.Get("code")]
	delete(e.asked, r.PostForm.Get("code"))
	if !ok || oauth2.S256ChallengeFromVerifier(r.PostForm.Get("code_verifier")) != asked.Get("code_challenge") || r.PostForm.Get("redirect_uri") != asked.Get("redirect_uri") {
		fail(http.StatusBadRequest, "invalid_grant")
		return
	}
	claims := e.standard(map[string]any{"nonce": asked.Get("nonce")})
	if asked.Get("max_age") != "" { // OpenID Connect Core §2
		claims["auth_time"] = time.Now().Unix()
	}
	maps.Copy(claims, e.claims)
	if e.said != nil {
		e.said(claims)
	}
	token := e.sign("JWT", claims)
	if e.signed != nil {
		token = e.signed(claims)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "of the person", "token_type": "Bearer", "expires_in": 60, "id_token": token})
}

// standard are the claims of every token.
func (e *elsewhere) standard(more map[string]any) map[string]any {
	now := time.Now()
	claims := map[string]any{"iss": e.URL, "aud": "terrace", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, more)
	return claims
}

func (e *elsewhere) sign(typ string, claims map[string]any) string {
	return signWith(e.t, jose.RS256, e.key, typ, claims)
}

func signWith(t *testing.T, algorithm jose.SignatureAlgorithm, key any, typ string, claims map[string]any) string {
	t.Helper()
	return signHead(t, algorithm, key, map[jose.HeaderKey]any{"kid": "k", "typ": typ}, claims)
}

// heads are those of tokens that would have somebody find the key elsewhere, or take the one
// that they bring.
func heads(t *testing.T, own *rsa.PrivateKey, evil string) map[string]map[jose.HeaderKey]any {
	t.Helper()
	return map[string]map[jose.HeaderKey]any{
		"a kid that nobody has": {"kid": "other"}, "a kid that is a path": {"kid": "../../../../dev/null"}, "a kid that is SQL": {"kid": "k' UNION SELECT 'AA"},
		"a kid that is an address": {"kid": evil}, "no kid": {}, "an address of keys": {"kid": "k", "jku": evil}, "an address of certificates": {"kid": "k", "x5u": evil},
		"its own key": {"kid": "k", "jwk": jose.JSONWebKey{Key: own.Public(), KeyID: "k", Algorithm: "RS256"}}, "what nobody understands": {"kid": "k", "crit": []string{"x"}, "x": 1},
	}
}

func signHead(t *testing.T, algorithm jose.SignatureAlgorithm, key any, head map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &jose.SignerOptions{ExtraHeaders: head})
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Error(err)
	}
	return token
}

// relying is a Terrace with the tenants acme and blue, whose people sign in elsewhere.
type relying struct {
	t         *testing.T
	web       *httptest.Server
	db        *db.DB
	users     *identity.Service
	provider  *provider.Service
	upstreams *upstream.Service
	journal   *statetest.Journal
	ahead     atomic.Int64
	// address is where browsers reach it.
	address string
	several atomic.Bool
	// between is called when somebody has come back and is not signed in yet; nil is nothing.
	between atomic.Pointer[func()]
}

// pause is a step of signing in that nobody does.
type pause struct{ w *relying }

// Name implements provider.Step, as the methods below do.
func (pause) Name() string { return "pause" }

// Needed says that nobody has to.
func (s pause) Needed(context.Context, provider.Person) (bool, error) {
	if f := s.w.between.Load(); f != nil {
		(*f)()
	}
	return false, nil
}

// Show is never called.
func (pause) Show(context.Context, provider.Person, url.Values) (provider.StepForm, error) {
	return provider.StepForm{}, nil
}

// Take is never called.
func (pause) Take(context.Context, provider.Person, url.Values) ([]string, error) { return nil, nil }

func newRelying(t *testing.T, change ...func(*upstream.Config)) *relying {
	t.Helper()
	return newRelyingOn(t, dbtest.SQLite(t, relyingTables()...), change...)
}

func relyingTables() []db.Migrations {
	return []db.Migrations{identitysql.Migrations(), providersql.Migrations(), upstreamsql.Migrations()}
}

func newRelyingOn(t *testing.T, d *db.DB, change ...func(*upstream.Config)) *relying {
	t.Helper()
	return newRelyingAt(t, d, "127.0.0.1", change...)
}

// newRelyingAt starts one that browsers reach at a host of this machine.
func newRelyingAt(t *testing.T, d *db.DB, host string, change ...func(*upstream.Config)) *relying {
	t.Helper()
	w := &relying{t: t, web: httptest.NewUnstartedServer(nil), journal: &statetest.Journal{}, db: d}
	w.ahead.Store(-int64(time.Hour)) // it has been there for a while
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	w.users = identity.New(identity.Config{Store: identitysql.NewStore(w.db), Tx: w.db, Projects: noProjects{}, Journal: w.journal, Clock: w.now})
	_, port, _ := strings.Cut(w.web.Listener.Addr().String(), ":")
	issuer := "http://" + host + ":" + port
	w.address = issuer
	w.provider = provider.New(provider.Config{
		Store: providersql.NewStore(w.db), Tx: w.db, Users: w.users, Groups: memberOf{w.users.Store}, Authorizer: w.users, Journal: w.journal, Sealer: sealer,
		Issuer: issuer, Tenant: "acme", Clock: w.now,
	})
	w.users.Access = w.provider
	if err := w.provider.EnsureKeys(t.Context(), provider.ES256); err != nil {
		t.Fatal(err)
	}
	config := upstream.Config{
		Store: upstreamsql.NewStore(w.db), Users: upstreamUsers{w.users}, Access: upstreamAccess{w.users}, Local: w.provider, Journal: w.journal, Tx: w.db,
		Sealer: sealer, Address: issuer, Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}, Clock: w.now,
	}
	for _, c := range change {
		c(&config)
	}
	w.upstreams = upstream.New(config)
	w.provider.Vias = w.upstreams
	router := httpserver.NewRouter(httpserver.Options{Authenticator: w.users})
	pages := providerapi.New(providerapi.Config{
		Provider: w.provider, OAuth: oauth.New(w.provider), Upstreams: w.upstreams, Steps: []provider.Step{pause{w}},
		Several: func(context.Context) (bool, error) { return w.several.Load(), nil },
	})
	pages.Mount(router)
	upstreamapi.Handler{Upstreams: w.upstreams, Pages: pages}.Mount(router)
	router.Get("/whoami", func(out http.ResponseWriter, r *http.Request) {
		actor, ok := kernel.ActorFrom(r.Context())
		if !ok {
			httpserver.WriteError(out, r, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in"))
			return
		}
		_, _ = io.WriteString(out, actor.Tenant+"/"+actor.Name)
	})
	api := httpserver.NewAPI(router, "test")
	upstreamapi.API{Upstreams: w.upstreams}.Register(api)
	w.web.Config.Handler = router
	w.web.Start()
	t.Cleanup(w.web.Close)
	for _, tenant := range []string{"acme", "blue"} {
		w.user(tenant, "root", identity.Admin)
	}
	w.ahead.Store(0)
	return w
}

func (w *relying) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *relying) later(d time.Duration) { w.ahead.Add(int64(d)) }

const relyingPassword = "correct horse battery"

func (w *relying) system(tenant string) (context.Context, kernel.Scope) {
	return kernel.WithActor(w.t.Context(), kernel.System("test", tenant)), kernel.Scope{Tenant: tenant}
}

// user makes a user with a password, and returns the actor.
func (w *relying) user(tenant, name string, role identity.Role) kernel.Actor {
	w.t.Helper()
	ctx, scope := w.system(tenant)
	u, err := w.users.CreateUser(ctx, scope, identity.NewUser{Name: name, Password: relyingPassword, Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	return kernel.Actor{ID: u.ID, Name: u.Name, Kind: kernel.ActorUser, Tenant: tenant}
}

// as acts for a user of a tenant.
func (w *relying) as(tenant, name string) (context.Context, kernel.Scope) {
	w.t.Helper()
	actor, err := w.users.Named(w.t.Context(), tenant, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return kernel.WithActor(w.t.Context(), actor), kernel.Scope{Tenant: tenant}
}

// add has the people of a tenant sign in elsewhere.
func (w *relying) add(tenant string, e *elsewhere, change ...func(*upstream.NewUpstream)) upstream.Upstream {
	w.t.Helper()
	n := upstream.NewUpstream{
		Name: "corp", Issuer: e.URL, Secret: elsewhereSecret,
		Settings: upstream.Settings{Label: "Corp & Sons", ClientID: "terrace", NewUsers: upstream.CreateActive, Enabled: true},
	}
	for _, c := range change {
		c(&n)
	}
	ctx, scope := w.as(tenant, "root")
	u, err := w.upstreams.Create(ctx, scope, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *relying) rules(tenant, text string) {
	w.t.Helper()
	ctx, scope := w.as(tenant, "root")
	if _, err := w.upstreams.SetRules(ctx, scope, "corp", text); err != nil {
		w.t.Fatal(err)
	}
}

// person is a browser that somebody uses: it keeps cookies, and follows links within
// Terrace and elsewhere.
type person struct {
	w    *relying
	http *http.Client
	// Status, Page and At are what it shows; Left is where it was sent outside.
	Status int
	Page   string
	At     *url.URL
	Left   *url.URL
	// Stop keeps it from following to addresses with this in their path.
	Stop string
}

func (w *relying) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &person{w: w}
	p.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if p.leaves(r.URL) {
			p.Left = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return p
}

// leaves reports whether the browser does not follow to an address.
func (p *person) leaves(to *url.URL) bool {
	return to.Port() == "1" || p.Stop != "" && strings.Contains(to.Path, p.Stop)
}

func (p *person) do(r *http.Request) *person {
	p.w.t.Helper()
	p.Left = nil
	res, err := p.http.Do(r)
	if err != nil {
		p.w.t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.Status, p.Page, p.At = res.StatusCode, string(page), res.Request.URL
	if next := refresh.FindStringSubmatch(p.Page); next != nil {
		to, err := url.Parse(html.UnescapeString(next[1]))
		if err != nil {
			p.w.t.Fatal(err)
		}
		if p.leaves(to) {
			p.Left = to
			return p
		}
		return p.open(to.String())
	}
	return p
}

func (p *person) open(address string) *person {
	p.w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = p.w.web.URL + address
	}
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return p.do(r)
}

var (
	refresh     = regexp.MustCompile(`<meta http-equiv="refresh" content="0;url=([^"]*)"`)
	hiddenInput = regexp.MustCompile(`<input[^>]* name="([^"]*)" value="([^"]*)"`)
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	buttonLink  = regexp.MustCompile(`<a class="button quiet" href="([^"]*)">Sign in with ([^<]*)</a>`)
)

// send fills the form of the page in, and sends it.
func (p *person) send(fields ...string) *person {
	p.w.t.Helper()
	found := formAction.FindStringSubmatch(p.Page)
	if found == nil {
		p.w.t.Fatalf("no form in the page at %s, %d: %s", p.At, p.Status, p.Page)
	}
	return p.sendTo(found[1], fields...)
}

func (p *person) sendTo(to string, fields ...string) *person {
	p.w.t.Helper()
	values := url.Values{}
	for _, one := range hiddenInput.FindAllStringSubmatch(p.Page, -1) {
		values.Set(one[1], html.UnescapeString(one[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodPost, p.w.web.URL+to, strings.NewReader(values.Encode()))
	if err != nil {
		p.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.w.web.URL)
	return p.do(r)
}

// button presses the button of another provider.
func (p *person) button() *person {
	p.w.t.Helper()
	found := buttonLink.FindStringSubmatch(p.Page)
	if found == nil {
		p.w.t.Fatalf("no button in the page at %s, %d: %s", p.At, p.Status, p.Page)
	}
	return p.open(html.UnescapeString(found[1]))
}

// authorization is the address where the command line has people sign in.
func (w *relying) authorization(verifier string, more ...string) string {
	query := url.Values{
		"client_id": {provider.CLI}, "redirect_uri": {"http://127.0.0.1:1/callback"}, "response_type": {"code"}, "state": {"state-12345678"},
		"scope": {"openid offline_access read groups"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return w.web.URL + "/oauth2/authorize?" + query.Encode()
}

// login does what terrace login does, with the button of the other provider.
func (p *person) login(more ...string) *oauth2.Token {
	p.w.t.Helper()
	token, err := p.allowed(more...)()
	if err != nil {
		p.w.t.Fatal(err)
	}
	return token
}

// allowed is login up to the code, which the command line then exchanges.
func (p *person) allowed(more ...string) (exchange func() (*oauth2.Token, error)) {
	p.w.t.Helper()
	verifier := oauth2.GenerateVerifier()
	p.open(p.w.authorization(verifier, more...)).button()
	if p.Left == nil {
		p.send("decision", "allow")
	}
	if p.Left == nil {
		p.w.t.Fatalf("the browser was not sent back: %d at %s: %s", p.Status, p.At, p.Page)
	}
	config := oauth2.Config{ClientID: provider.CLI, RedirectURL: "http://127.0.0.1:1/callback", Endpoint: oauth2.Endpoint{TokenURL: p.w.web.URL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams}}
	code := p.Left.Query().Get("code")
	return func() (*oauth2.Token, error) {
		return config.Exchange(p.w.t.Context(), code, oauth2.VerifierOption(verifier))
	}
}

// refused tries to sign in, and returns what the page says.
func (p *person) refused() string {
	p.w.t.Helper()
	p.open(p.w.authorization(oauth2.GenerateVerifier())).button()
	if p.Left != nil || strings.Contains(p.Page, "Allow access?") || p.Status < 400 {
		p.w.t.Fatalf("the browser was let in: %d at %s: %s", p.Status, p.At, p.Page)
	}
	return html.UnescapeString(p.Page)
}

// whoami returns who a token stands for, "" for nobody.
func (w *relying) whoami(token string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.web.URL+"/whoami", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		return ""
	}
	return string(raw)
}

// has returns the groups and roles of a user, as words.
func (w *relying) has(tenant, name string) string {
	w.t.Helper()
	ctx, _ := w.as(tenant, name)
	actor, _ := kernel.ActorFrom(ctx)
	grants, err := w.users.Mine(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	var words []string
	for _, g := range grants {
		word := string(g.Role) + " of " + strings.TrimPrefix(g.Where(), "the ")
		if g.Source == "" && g.Subject.Kind == identity.KindUser {
			word += " by hand"
		}
		words = append(words, word)
	}
	groups, err := memberOf{w.users.Store}.GroupsOf(ctx, tenant, actor.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(append(words, groups...), ", ")
}
