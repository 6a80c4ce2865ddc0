package subscription_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/sink"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

var (
	shop   = kernel.Scope{Tenant: "acme", Project: "shop"}
	tenant = kernel.Scope{Tenant: "acme"}
)

// patience bounds what a test waits for; it is no measure.
const patience = time.Minute

func sets() []db.Migrations {
	return []db.Migrations{eventsql.Migrations(), subscriptionsql.Migrations()}
}

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

// of are the values of a field of the facts of a kind.
func (j *journal) of(kind, field string) (values []any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if data, ok := f.Data.(map[string]any); ok && f.Type == kind {
			values = append(values, data[field])
		}
	}
	return values
}

func (j *journal) has(kind string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if f.Type == kind {
			return true
		}
	}
	return false
}

type anyone struct{}

func (anyone) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (anyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// jumping is a clock that a test moves.
type jumping struct {
	mu  sync.Mutex
	off time.Duration
	at  time.Time
}

// stand has the clock go on with jumps alone, however long the test takes.
func (c *jumping) stand() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Now()
}

func (c *jumping) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() {
		return c.at.Add(c.off)
	}
	return time.Now().Add(c.off)
}

func (c *jumping) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// world is a service on real parts.
type world struct {
	*subscription.Service

	db      *db.DB
	log     *event.Log
	store   *subscriptionsql.Store
	journal *journal
	clock   *jumping
	config  subscription.Config
	sent    int
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	w := &world{db: d, log: &event.Log{Store: eventsql.NewStore(d), Log: log, Address: "https://terrace.example"}, store: subscriptionsql.NewStore(d), journal: &journal{}, clock: &jumping{}}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	w.config = subscription.Config{
		Store: w.store, Events: w.log, Sinks: sink.Sinks{Guard: egress.Guard{Allow: loopback}, Clock: w.clock.now}, Sealer: sealer,
		Authorizer: anyone{}, Journal: w.journal, Tx: d, Log: log, Clock: w.clock.now, FirstPause: time.Millisecond, MaxPause: 5 * time.Millisecond,
	}
	w.Service = subscription.New(w.config)
	return w
}

// run delivers until the returned function is called, or the test ends.
func (w *world) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = w.Tail(ctx) })
	all.Go(func() { _ = w.Watch(ctx) })
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	t.Cleanup(stop)
	return stop
}

// publish puts n events of a type into the log and returns their ids.
func (w *world) publish(t testing.TB, kind string, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range n {
		w.sent++
		e, err := w.log.Make(context.Background(), kernel.Fact{Type: kind, Scope: shop.InStage("dev"), Subject: "run_1", Data: map[string]any{"n": w.sent}})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.log.Store.Add(context.Background(), []event.Entry{{ID: e.ID, Tenant: e.Tenant, Fact: kind, Project: e.Project, Stage: e.Stage, Body: body}}, e.Time); err != nil {
			t.Fatal(err)
		}
		ids[i] = e.ID
	}
	if err := w.log.Order(context.Background()); err != nil {
		t.Fatal(err)
	}
	return ids
}

func asAdmin() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

func (w *world) create(t testing.TB, name, url string, filters ...subscription.Filter) subscription.Created {
	t.Helper()
	c, err := w.Create(asAdmin(), shop, subscription.Spec{Name: name, Filters: filters, Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: url}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// received is a request at a receiver.
type received struct {
	header http.Header
	body   []byte
	event  event.Event
}

// receiver is a web server that answers as it is told.
type receiver struct {
	*httptest.Server

	requests chan received
	mu       sync.Mutex
	answer   func(w http.ResponseWriter)
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{requests: make(chan received, 20_000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		in := received{header: req.Header, body: body}
		_ = json.Unmarshal(body, &in.event)
		r.requests <- in
		r.mu.Lock()
		answer := r.answer
		r.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) say(answer func(w http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func (r *receiver) next(t testing.TB) received {
	t.Helper()
	select {
	case in := <-r.requests:
		return in
	case <-time.After(patience):
		t.Fatal("nothing was received")
		return received{}
	}
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (w *world) count(t testing.TB, name string, status subscription.DeliveryStatus) int {
	t.Helper()
	page, err := w.ListDeliveries(asAdmin(), shop, name, status, kernel.PageRequest{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, sets(), func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}
