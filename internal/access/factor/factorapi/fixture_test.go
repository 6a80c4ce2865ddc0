package factorapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorapi"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identityapi"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

const (
	password = "correct horse battery"
	callback = "https://shop.example.com/callback"
	security = "/account/security"
)

// journal keeps facts in memory.
type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f)
	return nil
}

// text is all that was recorded, as JSON.
func (j *journal) text(t *testing.T) string {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	raw, err := json.Marshal(j.facts)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// count returns how many facts of a type there are.
func (j *journal) count(typ string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if f.Type == typ {
			n++
		}
	}
	return n
}

type anyProject struct{}

func (anyProject) Exists(context.Context, kernel.Scope) error { return nil }

// ends ends what somebody is signed in to, as the daemon does.
type ends struct{ w *world }

func (e ends) EndAllOf(ctx context.Context, tenant, user string, tokens bool) (int, error) {
	if err := e.w.service.EndAllOf(ctx, tenant, user, provider.EndedByReset); err != nil {
		return 0, err
	}
	return e.w.users.EndTokens(ctx, tenant, user, "", tokens)
}

// world is a Terrace of its own, as far as signing in goes, which browsers reach by name.
type world struct {
	t       *testing.T
	db      *db.DB
	web     *httptest.Server
	address string
	users   *identity.Service
	service *provider.Service
	factors *factor.Service
	journal *journal
	client  provider.Client
	start   time.Time
	ahead   atomic.Int64
}

// newWorld starts one, with the users ada, eve and root, an admin, and another ada in the
// tenant blue.
func newWorld(t *testing.T) *world {
	t.Helper()
	return worldAt(t, "localhost")
}

// worldAt starts one that browsers reach at a host of this machine.
func worldAt(t *testing.T, host string) *world {
	t.Helper()
	// fosite holds some times against the machine's clock, and refuses those ahead of it.
	w := &world{t: t, journal: &journal{}, start: time.Now().Add(-12 * time.Hour).Truncate(step)}
	w.db = dbtest.SQLite(t, identitysql.Migrations(), providersql.Migrations(), factorsql.Migrations())
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	w.web = httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(w.web.Listener.Addr().String(), ":")
	w.address = "http://" + host + ":" + port
	w.users = identity.New(identity.Config{Store: identitysql.NewStore(w.db), Tx: w.db, Projects: anyProject{}, Journal: w.journal, Clock: w.now})
	w.service = provider.New(provider.Config{
		Store: providersql.NewStore(w.db), Tx: w.db, Users: w.users, Programs: w.users, Authorizer: w.users, Journal: w.journal, Sealer: sealer,
		Issuer: w.address, Tenant: "default", Clock: w.now,
	})
	w.factors = factor.New(factor.Config{
		Store: factorsql.NewStore(w.db), Tx: w.db, Users: w.users, Sessions: ends{w}, Authorizer: w.users, Journal: w.journal, Sealer: sealer,
		Address: w.address, Clock: w.now,
	})
	w.users.Access, w.users.Factors, w.service.Factors = w.service, w.factors, w.factors
	w.web.Config.Handler = w.router()
	w.web.Start()
	t.Cleanup(w.web.Close)
	if err := w.service.EnsureKeys(t.Context(), provider.ES256); err != nil {
		t.Fatal(err)
	}
	w.user("default", "ada", identity.Developer)
	w.user("default", "eve", identity.Developer)
	w.user("default", "root", identity.Admin)
	w.user("blue", "ada", identity.Developer)
	w.client, _, err = w.service.CreateClient(w.system("default"), kernel.Scope{Tenant: "default"}, provider.NewClient{
		Name: "shop", Public: true, Redirects: []string{"http://127.0.0.1/callback"}, Scopes: provider.Scopes(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour)
	return w
}

func (w *world) router() http.Handler {
	router := httpserver.NewRouter(httpserver.Options{Authenticator: w.users})
	pages := providerapi.New(providerapi.Config{
		Provider: w.service, OAuth: oauth.New(w.service), Steps: factorapi.Steps(w.factors, w.users), Account: factor.Home, Passkeys: factorapi.Keys{Factors: w.factors},
		Several: func(context.Context) (bool, error) { return true, nil },
	})
	pages.Mount(router)
	factorapi.Pages{Factors: w.factors, Frame: pages}.Mount(router)
	router.Get("/basic", func(out http.ResponseWriter, r *http.Request) {
		if _, err := httpserver.SignIn(r, "default", w.users); err != nil {
			httpserver.WriteError(out, r, err)
		}
	})
	api := httpserver.NewAPI(router, "test")
	identityapi.API{Service: w.users, Tenant: "default"}.Register(api)
	factorapi.API{Factors: w.factors}.Register(api)
	return router
}

// step is how long a one-time password is shown.
const step = 30 * time.Second

// now is Terrace's clock. It stands still at the beginning of a step, whatever the machine's
// does, so that how long a test takes changes no code.
func (w *world) now() time.Time { return w.start.Add(time.Duration(w.ahead.Load())) }

// later moves Terrace's clock on.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) system(tenant string) context.Context {
	return kernel.WithActor(w.t.Context(), kernel.System("test", tenant))
}

func (w *world) user(tenant, name string, role identity.Role) identity.User {
	w.t.Helper()
	u, err := w.users.CreateUser(w.system(tenant), kernel.Scope{Tenant: tenant}, identity.NewUser{Name: name, Password: password, Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// token returns a personal token.
func (w *world) token(user string, l *kernel.Limits) string {
	w.t.Helper()
	secret, _, err := w.users.CreateToken(w.system("default"), kernel.Scope{Tenant: "default"}, identity.NewToken{User: user, Name: "test", Limits: l})
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// call calls the API.
func (w *world) call(token, method, path string, in any) (int, map[string]any) {
	w.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.address+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	out := map[string]any{}
	_ = json.NewDecoder(res.Body).Decode(&out) // there may be nothing
	return res.StatusCode, out
}

func (w *world) policy(p factor.Policy) {
	w.t.Helper()
	if err := w.factors.SetPolicy(w.system("default"), kernel.Scope{Tenant: "default"}, p, "a test"); err != nil {
		w.t.Fatal(err)
	}
}

// code is what an app shows.
func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// authorization is the address where the client begins to sign somebody in.
func (w *world) authorization(more ...string) string {
	q := url.Values{
		"client_id": {w.client.ID}, "redirect_uri": {"http://127.0.0.1:1/callback"}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"state-12345678"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return w.address + "/oauth2/authorize?" + q.Encode()
}

// browser is one that a person uses.
type browser struct {
	*providertest.Browser

	w *world
}

func (w *world) browser() *browser {
	return &browser{providertest.NewBrowser(w.t, w.address), w}
}

func (b *browser) open(path string) *browser {
	b.w.t.Helper()
	b.Open(path)
	return b
}

var (
	secret = regexp.MustCompile(`<p class="secret">([A-Z2-7 ]*)</p>`)
	noted  = regexp.MustCompile(`[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}`)
)

// form returns the fields of the form of the page whose address ends with a text, with where
// it goes and what it asks a passkey.
func (b *browser) form(to string) url.Values {
	b.w.t.Helper()
	f := b.Form(to)
	f.Values.Set("to", f.To)
	if f.Options != "" {
		f.Values.Set("options", f.Options)
	}
	return f.Values
}

// send fills a form in and sends it.
func (b *browser) send(to string, more ...string) *browser {
	b.w.t.Helper()
	b.Send(to, more...)
	return b
}

// post sends a form; "to" says where.
func (b *browser) post(form url.Values) *browser {
	b.w.t.Helper()
	values := maps.Clone(form)
	to := values.Get("to")
	values.Del("to")
	values.Del("options")
	b.Post(to, values)
	return b
}

// password signs in as far as a password goes.
func (b *browser) password(name string) *browser {
	b.w.t.Helper()
	return b.send("/sign-in", "username", name, "password", password)
}

// secure opens the page of the factors, signed in by a password where that is asked.
func (b *browser) secure(name string) *browser {
	b.w.t.Helper()
	if b.open(security); b.At.Path == "/sign-in" {
		b.password(name)
	}
	return b
}

// known returns the cookie by which Terrace knows the browser, and has it be another one.
func (b *browser) known(as string) (before string) {
	b.w.t.Helper()
	u, err := url.Parse(b.w.address)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "terrace-form" {
			before = c.Value
		}
	}
	if as != "" {
		b.Jar.SetCookies(u, []*http.Cookie{{Name: "terrace-form", Value: as, Path: "/"}})
	}
	return before
}

// at fails unless the browser is at a path, with a status.
func (b *browser) at(path string, status int) *browser {
	b.w.t.Helper()
	if b.At.Path != path || b.Status != status {
		b.w.t.Fatalf("the browser is at %s, %d: %s", b.At, b.Status, b.Page)
	}
	return b
}

// key is a passkey with what holds it.
type key struct {
	virtualwebauthn.Authenticator
	virtualwebauthn.Credential

	party virtualwebauthn.RelyingParty
	// synced keys do not count.
	synced bool
}

func (w *world) key() *key {
	k := &key{Authenticator: virtualwebauthn.NewAuthenticator(), party: virtualwebauthn.RelyingParty{Name: "Terrace", ID: "localhost", Origin: w.address}}
	for {
		k.Credential = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(k.Key.AttestationData()) == wholeKey {
			return k
		}
	}
}

// wholeKey is how long a key is whose coordinates do not begin with a zero, which the
// virtual authenticator leaves away against RFC 9053 §7.1.1.
const wholeKey = 77

// create answers a page that asks for a new passkey.
func (k *key) create(t *testing.T, options string) string {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	k.Options.UserHandle = []byte(parsed.UserID)
	return virtualwebauthn.CreateAttestationResponse(k.party, k.Authenticator, k.Credential, *parsed)
}

// get answers a page that asks for a passkey.
func (k *key) get(t *testing.T, options string) string {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	if !k.synced {
		k.Counter++
	}
	return virtualwebauthn.CreateAssertionResponse(k.party, k.Authenticator, k.Credential, *parsed)
}

// addKey adds a passkey on the page of the factors.
func (b *browser) addKey(k *key, name string) *browser {
	b.w.t.Helper()
	form := b.form("/passkeys")
	form.Set("passkey", k.create(b.w.t, form.Get("options")))
	form.Set("name", name)
	return b.post(form)
}

// useKey signs in with a passkey, on a page that asks for one.
func (b *browser) useKey(k *key, to string) *browser {
	b.w.t.Helper()
	form := b.form(to)
	form.Set("passkey", k.get(b.w.t, form.Get("options")))
	return b.post(form)
}

// addApp adds an app on its page, and returns its secret.
func (b *browser) addApp() (s string) {
	b.w.t.Helper()
	b.open(security + "/totp")
	s = b.secret()
	b.send("/totp", "code", b.w.code(s))
	return s
}

func (b *browser) secret() string {
	b.w.t.Helper()
	found := secret.FindStringSubmatch(b.Page)
	if found == nil {
		b.w.t.Fatalf("no secret in the page at %s, %d: %s", b.At, b.Status, b.Page)
	}
	return strings.ReplaceAll(found[1], " ", "")
}

func (b *browser) codes() []string {
	b.w.t.Helper()
	found := noted.FindAllString(b.Page, -1)
	if len(found) != 10 {
		b.w.t.Fatalf("%d codes in the page at %s, %d: %s", len(found), b.At, b.Status, b.Page)
	}
	return found
}

// grown is somebody with an app: its secret, and recovery codes.
func (w *world) grown(name string) (s string, codes []string) {
	w.t.Helper()
	b := w.browser().secure(name)
	s = b.addApp()
	codes = b.codes()
	w.later(time.Minute)
	return s, codes
}
