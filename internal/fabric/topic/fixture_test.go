package topic_test

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// journal remembers what happened.
type journal struct {
	// changed is told of each fact.
	changed chan struct{}

	mu    sync.Mutex
	facts []kernel.Fact
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	defer nudge(j.changed)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f)
	return nil
}

// nudge tells of a change, where nobody has been told of one already.
func nudge(changed chan<- struct{}) {
	select {
	case changed <- struct{}{}:
	default:
	}
}

func (j *journal) types() map[string]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := map[string]int{}
	for _, f := range j.facts {
		all[f.Type]++
	}
	return all
}

// anyone may do everything, at a stage that there is.
type anyone struct{}

func (anyone) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (anyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

func (anyone) Check(_ context.Context, scope kernel.Scope) error {
	if scope.Project == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no project nowhere")
	}
	return nil
}

// world is a service on real parts: a database, and a NATS server in the process.
type world struct {
	*topic.Service

	dir     string
	server  *natsserver.Server
	journal *journal
	ctx     context.Context //nolint:containedctx // that of the test
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), journal: &journal{changed: make(chan struct{}, 1)}}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_1", Name: "ada", Tenant: "acme"}), time.Minute)
	t.Cleanup(cancel)
	log := slog.New(slog.DiscardHandler)
	var err error
	if w.server, err = natsserver.Start(w.ctx, natsserver.Config{Dir: w.dir, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	sealer, err := seal.Open(w.ctx, seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	carrier, store := natsbroker.Embedded(w.server, log), topicsql.NewStore(d)
	t.Cleanup(carrier.Close)
	w.Service = topic.New(topic.Config{
		Store: store, Schemas: store, Grants: store, Subscriptions: store, Attempts: store, Bridges: store, BridgeLeases: store, Removals: store, Broker: carrier, Places: anyone{}, Authorizer: anyone{},
		Journal: w.journal, Tx: d, Sealer: sealer, Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		Address: "https://terrace.example", Log: log, FirstPause: time.Millisecond, MaxPause: 5 * time.Millisecond,
	})
	return w
}

func sqlite(t *testing.T) *world {
	t.Helper()
	return newWorld(t, dbtest.SQLite(t, topicsql.Migrations()))
}

// topic makes one and fails the test where that is not possible.
func (w *world) topic(t *testing.T, name string, s topic.Settings) topic.Topic {
	t.Helper()
	made, err := w.Apply(w.ctx, dev(), name, s)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w *world) schema(t *testing.T, name, kind, text string) {
	t.Helper()
	if _, err := w.Register(w.ctx, dev(), name, topic.EventSchema{Type: kind, Schema: []byte(text)}, false); err != nil {
		t.Fatal(err)
	}
}

func placed(id, key, data string) cloudevent.Event {
	return cloudevent.Event{ID: id, Source: "/shop", Type: "shop.order.placed", Subject: key, DataContentType: "application/json", Data: []byte(data)}
}

func (w *world) publish(t *testing.T, name string, events ...cloudevent.Event) []topic.Published {
	t.Helper()
	done, err := w.Publish(w.ctx, dev(), name, events)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (w *world) subscribe(t *testing.T, name, sub string, s topic.SubscriptionSettings) topic.Subscribed {
	t.Helper()
	made, err := w.Subscribe(w.ctx, dev(), name, sub, s, topic.FromOldest)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// pull takes events until there are n, or none come for long.
func (w *world) pull(t *testing.T, name, sub string, n int) []topic.Received {
	t.Helper()
	var all []topic.Received
	for len(all) < n {
		some, err := w.Pull(w.ctx, dev(), name, sub, n-len(all), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			t.Fatalf("%d of %d events come", len(all), n)
		}
		all = append(all, some...)
	}
	return all
}

func (w *world) acknowledge(t *testing.T, name, sub string, a topic.Acknowledgement) {
	t.Helper()
	if err := w.Acknowledge(w.ctx, dev(), name, sub, a); err != nil {
		t.Fatal(err)
	}
}

func tokens(all []topic.Received) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = r.Token
	}
	return out
}

func ids(all []topic.Received) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = r.Event.ID
	}
	return out
}
