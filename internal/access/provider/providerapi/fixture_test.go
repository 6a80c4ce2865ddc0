package providerapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

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
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

const password = "correct horse battery"

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

// why returns the reasons for which sessions ended.
func (j *journal) why() (all []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if f.Type == "session.ended" {
			data, _ := f.Data.(map[string]any)
			text, _ := data["why"].(string)
			all = append(all, text)
		}
	}
	return all
}

type anyProject struct{}

func (anyProject) Exists(context.Context, kernel.Scope) error { return nil }

// world is a Terrace of its own, as far as signing in goes.
type world struct {
	t       *testing.T
	db      *db.DB
	sealer  *seal.Sealer
	web     *httptest.Server
	users   *identity.Service
	service *provider.Service
	journal *journal
	// ahead is by how much Terrace's clock is.
	ahead atomic.Int64
	// client is confidential, and may do everything.
	client provider.Client
	secret string
}

const callback = "https://shop.example.com/callback"

type option func(*providerapi.Config)

// newWorld starts one, with the user ada.
func newWorld(t *testing.T, options ...option) *world {
	t.Helper()
	w := &world{t: t, journal: &journal{}}
	w.later(-time.Hour) // it has been there for a while
	w.db = dbtest.SQLite(t, identitysql.Migrations(), providersql.Migrations())
	var err error
	if w.sealer, err = seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="}); err != nil {
		t.Fatal(err)
	}
	w.users = identity.New(identity.Config{Store: identitysql.NewStore(w.db), Tx: w.db, Projects: anyProject{}, Journal: w.journal, Clock: w.now})
	w.web = httptest.NewUnstartedServer(nil)
	w.service = w.replica()
	w.users.Access = w.service
	config := providerapi.Config{Provider: w.service, OAuth: oauth.New(w.service)}
	for _, o := range options {
		o(&config)
	}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: w.users})
	providerapi.New(config).Mount(router)
	router.Get("/whoami", func(out http.ResponseWriter, r *http.Request) {
		actor, ok := kernel.ActorFrom(r.Context())
		if !ok {
			httpserver.WriteError(out, r, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in"))
			return
		}
		_, _ = io.WriteString(out, actor.Name)
	})
	api := httpserver.NewAPI(router, "test")
	identityapi.API{Service: w.users, Tenant: "default"}.Register(api)
	providerapi.API{Provider: w.service}.Register(api)
	w.web.Config.Handler = router
	w.web.Start()
	t.Cleanup(w.web.Close)
	if err := w.service.EnsureKeys(t.Context(), provider.ES256); err != nil {
		t.Fatal(err)
	}
	w.user("ada", identity.Developer)
	w.user("root", identity.Admin)
	w.client, w.secret = w.register(provider.NewClient{
		Name: "shop", Redirects: []string{callback}, LogoutRedirects: []string{"https://shop.example.com/"},
		Grants: provider.ClientGrants(), Scopes: provider.Scopes(), Audiences: []string{"https://api.example.com"},
	})
	w.later(time.Hour)
	return w
}

// replica returns another process on the same database.
func (w *world) replica() *provider.Service {
	return provider.New(provider.Config{
		Store: providersql.NewStore(w.db), Tx: w.db, Users: w.users, Programs: w.users, Authorizer: w.users, Journal: w.journal, Sealer: w.sealer,
		Issuer: "http://" + w.web.Listener.Addr().String(), Tenant: "default", Clock: w.now,
		Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	})
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// later moves Terrace's clock on.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) issuer() string { return w.web.URL }

func (w *world) system() context.Context {
	return kernel.WithActor(w.t.Context(), kernel.System("test", "default"))
}

func (w *world) user(name string, role identity.Role) identity.User {
	w.t.Helper()
	u, err := w.users.CreateUser(w.system(), kernel.Scope{Tenant: "default"}, identity.NewUser{Name: name, Password: password, Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) register(n provider.NewClient) (provider.Client, string) {
	w.t.Helper()
	c, secret, err := w.service.CreateClient(w.system(), kernel.Scope{Tenant: "default"}, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return c, secret
}

// config is the client's, for golang.org/x/oauth2.
func (w *world) config(scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: w.client.ID, ClientSecret: w.secret, RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: w.issuer() + "/oauth2/authorize", TokenURL: w.issuer() + "/oauth2/token",
			DeviceAuthURL: w.issuer() + "/oauth2/device", AuthStyle: oauth2.AuthStyleInHeader,
		},
	}
}

func (w *world) discover() *oidc.Provider {
	w.t.Helper()
	p, err := oidc.NewProvider(w.t.Context(), w.issuer())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// browser is one that a person uses.
type browser struct {
	*providertest.Browser

	w *world
}

func (w *world) browser() *browser {
	return &browser{providertest.NewBrowser(w.t, w.issuer()), w}
}

func (b *browser) open(address string) *browser {
	b.w.t.Helper()
	b.Open(address)
	return b
}

// form returns the first form of the page, with what is hidden in it.
func (b *browser) form() (to string, values url.Values) {
	b.w.t.Helper()
	f := b.Form("")
	return f.To, f.Values
}

// send fills the first form of the page in, and sends it.
func (b *browser) send(fields ...string) *browser {
	b.w.t.Helper()
	b.Send("", fields...)
	return b
}

func (b *browser) post(to string, values url.Values, head ...string) *browser {
	b.w.t.Helper()
	b.Post(to, values, head...)
	return b
}

func (b *browser) signIn(name string) *browser {
	b.w.t.Helper()
	return b.send("username", name, "password", password)
}

// code takes an authorization through sign-in and consent, as far as they are asked for,
// and returns what the client is sent.
func (b *browser) code(address string) url.Values {
	b.w.t.Helper()
	b.open(address)
	if b.Left == nil && b.At.Path == "/sign-in" {
		b.signIn("ada")
	}
	if b.Left == nil {
		b.send("decision", "allow")
	}
	if b.Left == nil {
		b.w.t.Fatalf("the browser was not sent back: %d %s", b.Status, b.Page)
	}
	return b.Left.Query()
}

// tokens does the whole code flow.
func (w *world) tokens(b *browser, scopes ...string) *oauth2.Token {
	w.t.Helper()
	config, verifier := w.config(scopes...), oauth2.GenerateVerifier()
	got := b.code(config.AuthCodeURL("state-12345678", oauth2.S256ChallengeOption(verifier)))
	token, err := config.Exchange(w.t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// whoami returns the status with which Terrace's API answers a token.
func (w *world) whoami(token string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.issuer()+"/whoami", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
