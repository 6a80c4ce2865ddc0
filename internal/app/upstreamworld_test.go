package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// relying is a Terrace with the tenants acme and blue, whose people sign in elsewhere.
type relying struct {
	t         *testing.T
	web       *httptest.Server
	db        *db.DB
	users     *identity.Service
	provider  *provider.Service
	upstreams *upstream.Service
	journal   *statetest.Journal
	// began is when its clock was set, ahead how far it was moved since.
	began time.Time
	ahead atomic.Int64
	// runs has the clock follow that of this machine, for others that have no other.
	runs atomic.Bool
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
	w := &relying{t: t, web: httptest.NewUnstartedServer(nil), journal: &statetest.Journal{}, db: d, began: time.Now()}
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

// now goes on with each look at it, and not with a busy machine: nothing ends while a test
// waits.
func (w *relying) now() time.Time {
	if w.runs.Load() {
		return time.Now().Add(time.Duration(w.ahead.Load()))
	}
	return w.began.Add(time.Duration(w.ahead.Add(int64(time.Millisecond))))
}

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

// add has the people of a tenant sign in elsewhere, where it is the same time.
func (w *relying) add(tenant string, e *elsewhere, change ...func(*upstream.NewUpstream)) upstream.Upstream {
	w.t.Helper()
	n := upstream.NewUpstream{
		Name: "corp", Issuer: e.URL, Secret: elsewhereSecret,
		Settings: upstream.Settings{Label: "Corp & Sons", ClientID: "terrace", NewUsers: upstream.CreateActive, Enabled: true},
	}
	for _, c := range change {
		c(&n)
	}
	e.set(func(e *elsewhere) { e.clock = w.now })
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
