package product_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// clock is moved by hand: it stands in the middle of a Wednesday.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// facts is a Journal that keeps what it gets.
type facts struct {
	mu  sync.Mutex
	all []kernel.Fact
}

func (f *facts) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, fact)
	return nil
}

// types are those of facts that begin so.
func (f *facts) types(prefix string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, fact := range f.all {
		if rest, ok := strings.CutPrefix(fact.Type, prefix); ok {
			out = append(out, rest)
		}
	}
	return strings.Join(out, " ")
}

// may is an Authorizer: each actor has the actions of the scopes that are listed, as
// "action scope"; without any it has all.
type may map[string][]string

func (m may) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := m[actor.Name]
	if actor.Tenant != scope.Tenant {
		return kernel.Errorf(kernel.NotFound, "there is no %s", scope)
	}
	for _, one := range has {
		of, where, _ := strings.Cut(one, " ")
		if of == action && (where == scope.String() || strings.HasPrefix(scope.String(), where+"/")) {
			return nil
		}
	}
	if limited {
		return kernel.Errorf(kernel.Denied, "%s may not do %s in %s", actor.Name, action, scope)
	}
	return nil
}

func (m may) Allowed(ctx context.Context, action string, _ kernel.Scope) (kernel.Reach, error) {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := m[actor.Name]
	reach := kernel.Reach{All: !limited}
	for _, one := range has {
		of, where, _ := strings.Cut(one, " ")
		parts := strings.Split(where, "/")
		switch {
		case of != action:
		case len(parts) == 3:
			reach.Add(parts[1], parts[2])
		case len(parts) == 2:
			reach.Add(parts[1], "")
		}
	}
	return reach, nil
}

type people struct{}

func (people) Find(_ context.Context, _ string, c product.Consumer) (product.Consumer, error) {
	switch {
	case c.Name == "nobody":
		return c, kernel.Errorf(kernel.NotFound, "there is no %s %s", c.Kind, c.Name)
	case c.Kind == product.ConsumerService:
		c.ID, c.Project = "svc_"+c.Name, "billing"
	case c.Kind == product.ConsumerUser:
		c.ID = "usr_" + c.Name
	}
	return c, nil
}

// world is a gateway with products.
type world struct {
	*authntest.Gateway
	db       *db.DB
	desk     *gateway.Service
	products *product.Service
	clock    *clock
	facts    *facts
}

func sets() []db.Migrations {
	return []db.Migrations{gatewaysql.Migrations(), productsql.Migrations()}
}

// config is that of a replica on a database.
func config(d *db.DB, c *clock, f *facts, m may) product.Config {
	return product.Config{
		Store: productsql.NewStore(d), Usage: productsql.NewStore(d), Documents: gatewaysql.NewStore(d), Consumers: people{}, Limits: limit.New(limit.Config{Now: c.now}),
		Authorizer: m, Journal: f, Tx: d, Clock: kernel.Clock(c.now), Log: slog.New(slog.DiscardHandler),
	}
}

// start is a gateway on a database, with the policy that takes keys of products.
func start(t testing.TB, d *db.DB, change func(*product.Config)) *world {
	t.Helper()
	w := &world{db: d, clock: newClock(), facts: &facts{}}
	c := config(d, w.clock, w.facts, nil)
	if change != nil {
		change(&c)
	}
	w.products = product.New(c)
	must(t, w.products.Load(t.Context()))
	docs := gatewaysql.NewStore(d)
	w.desk = gateway.NewService(gateway.Config{
		Store: docs, PolicyStore: docs, ProductStore: docs, Products: w.products, Library: docs, Authorizer: c.Authorizer.(may), Journal: w.facts, Tx: d, Log: c.Log, Clock: c.Clock,
	})
	w.serve(t)
	return w
}

func (w *world) serve(t testing.TB) {
	t.Helper()
	kind := authn.New(authn.Config{Subscriptions: w.products, Clock: kernel.Clock(w.clock.now), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(kind.Close)
	w.Gateway = authntest.Start(t, kind.AsksCertificate, kind, limit.New(limit.Config{Now: w.clock.now}))
	for _, scope := range []kernel.Scope{authntest.Dev(), authntest.Bank()} {
		w.Put(t, scope, authn.KindName, `{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "products": true}}], "claimsToHeaders": [{"claim": "sub", "header": "X-Consumer"}, {"claim": "plan", "header": "X-Plan"}]}`)
	}
}

// each runs a test on SQLite and on PostgreSQL.
func each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	dbtest.Each(t, sets(), test)
}

func as(name string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "acme"})
}

// apply applies a product with a spec in YAML, without its braces.
func (w *world) apply(t testing.TB, name, spec string) {
	t.Helper()
	_, err := w.tryApply(name, spec)
	must(t, err)
}

func (w *world) tryApply(name, spec string) ([]gateway.Change, error) {
	source := fmt.Sprintf("apiVersion: gateway.terrace.dev/v1\nkind: Product\nmetadata: {name: %s}\nspec: {%s}\n", name, spec)
	return w.desk.Apply(as("ada"), authntest.Dev(), []gatewaydoc.File{{Name: "p.yaml", Source: source}}, gateway.ApplyOptions{})
}

// subscribe makes an active subscription and returns its keys.
func (w *world) subscribe(t testing.TB, wish product.Wish) (product.Subscription, product.Keys) {
	t.Helper()
	sub, keys, err := w.products.Subscribe(as("ada"), authntest.Dev(), wish)
	must(t, err)
	return sub, keys
}

// ask asks with a key.
func (w *world) ask(t testing.TB, key string) authntest.Answer {
	t.Helper()
	return w.Do(t, http.MethodGet, authntest.Host, "/x", "X-Api-Key", key)
}

// want asks with a key and holds the answer against a status and a part of its body.
func (w *world) want(t testing.TB, what, key string, status int, says string) authntest.Answer {
	t.Helper()
	a := w.ask(t, key)
	if a.StatusCode != status || !strings.Contains(a.Body, says) {
		t.Errorf("%s: %d %s, want %d and %q", what, a.StatusCode, a.Body, status, says)
	}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, what string, err error, kind kernel.Kind, says string) {
	t.Helper()
	if !kernel.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want %v and %q", what, err, kind, says)
	}
}
