package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	ce "github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func startServer(t testing.TB, dir string) *event.Server {
	t.Helper()
	s, err := event.StartServer(context.Background(), event.ServerConfig{Dir: dir, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newOutbox(d *db.DB) *event.Outbox { return &event.Outbox{Store: eventsql.NewStore(d)} }

func record(t testing.TB, d *db.DB, o *event.Outbox, f kernel.Fact) {
	t.Helper()
	ctx := kernel.WithRequestID(kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser}), "req_1")
	if err := d.InTx(ctx, func(ctx context.Context) error { return o.Record(ctx, f) }); err != nil {
		t.Fatal(err)
	}
}

func subscribe(t testing.TB, s *event.Server, f event.Filter) *event.Subscription {
	t.Helper()
	sub, err := s.Subscribe(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sub.Close)
	return sub
}

func next(t testing.TB, sub *event.Subscription) event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	e, err := sub.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOutboxBelongsToTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		o := newOutbox(d)
		boom := errors.New("boom")
		err := d.InTx(ctx, func(ctx context.Context) error {
			if err := o.Record(ctx, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_0"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		for i := range 5 {
			record(t, d, o, kernel.Fact{Type: "run.created", Scope: dev, Subject: fmt.Sprintf("run_%d", i+1)})
		}
		waiting, err := o.Store.Waiting(ctx, 3)
		if err != nil || len(waiting) != 3 || waiting[0].Subject != "terrace.acme.run.created" {
			t.Fatalf("waiting %+v, %v", waiting, err)
		}
		for i, m := range waiting {
			if !strings.Contains(string(m.Body), fmt.Sprintf(`"subject":"run_%d"`, i+1)) {
				t.Fatalf("out of order: %s", m.Body)
			}
		}
		if err := o.Store.Published(ctx, []string{waiting[0].ID, waiting[1].ID}); err != nil {
			t.Fatal(err)
		}
		if rest, err := o.Store.Waiting(ctx, 10); err != nil || len(rest) != 3 || rest[0].ID != waiting[2].ID {
			t.Fatalf("rest %+v, %v", rest, err)
		}
	})
}

// TestIsACloudEvent reads the body with the CloudEvents SDK.
func TestIsACloudEvent(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, eventsql.Migrations())
	o := newOutbox(d)
	record(t, d, o, kernel.Fact{
		Type: "run.approved", Scope: dev, Subject: "run_1", Reason: "looks good", Data: map[string]any{"digest": "sha256:1"},
	})
	waiting, err := o.Store.Waiting(context.Background(), 1)
	if err != nil || len(waiting) != 1 {
		t.Fatal(err)
	}
	var e ce.Event
	if err := json.Unmarshal(waiting[0].Body, &e); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	if e.Type() != "dev.terrace.run.approved" || e.Source() != "/tenants/acme/projects/shop/stages/dev" || e.Subject() != "run_1" || e.ID() != waiting[0].ID {
		t.Fatalf("event %s", e)
	}
	want := map[string]any{"tenant": "acme", "project": "shop", "stage": "dev", "actor": "usr_1", "reason": "looks good", "requestid": "req_1"}
	for name, value := range want {
		if e.Extensions()[name] != value {
			t.Errorf("%s is %v, want %v", name, e.Extensions()[name], value)
		}
	}
}

func TestLargeDataDoesNotLoseTheFact(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, eventsql.Migrations())
	o, s := newOutbox(d), startServer(t, t.TempDir())
	sub := subscribe(t, s, event.Filter{})
	record(t, d, o, kernel.Fact{Type: "run.planned", Scope: dev, Subject: "run_1", Data: strings.Repeat("x", 2<<20)})
	if _, err := (&event.Relay{Outbox: o, Publisher: s, Log: quiet()}).Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if e := next(t, sub); e.Subject != "run_1" || !strings.Contains(string(e.Data), "omitted") {
		t.Fatalf("event %+v", e)
	}
}

// crashing publishes, and fails to say so for the first message: as a process
// that is killed between publishing and marking.
type crashing struct {
	event.Publisher

	calls int
}

func (c *crashing) PublishMsg(ctx context.Context, m *nats.Msg) error {
	if err := c.Publisher.PublishMsg(ctx, m); err != nil {
		return err
	}
	if c.calls++; c.calls == 2 {
		return errors.New("killed")
	}
	return nil
}

func TestCrashBetweenPublishAndMark(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := t.TempDir()
		o, s := newOutbox(d), startServer(t, dir)
		for i := range 4 {
			record(t, d, o, kernel.Fact{Type: "run.created", Scope: dev, Subject: fmt.Sprintf("run_%d", i)})
		}
		if n, err := (&event.Relay{Outbox: o, Publisher: &crashing{Publisher: s}, Log: quiet()}).Drain(ctx); err == nil || n != 1 {
			t.Fatalf("drained %d, %v", n, err)
		}
		s.Close()
		s = startServer(t, dir) // the stream knows what it has after a restart, too
		if n, err := (&event.Relay{Outbox: o, Publisher: s, Log: quiet()}).Drain(ctx); err != nil || n != 3 {
			t.Fatalf("drained %d, %v", n, err)
		}
		record(t, d, o, kernel.Fact{Type: "run.last", Scope: dev, Subject: "end"})
		if _, err := (&event.Relay{Outbox: o, Publisher: s, Log: quiet()}).Drain(ctx); err != nil {
			t.Fatal(err)
		}
		all := subscribe(t, s, event.Filter{After: 1})
		var seen []string
		for len(seen) == 0 || seen[len(seen)-1] != "end" {
			e := next(t, all)
			seen = append(seen, e.Subject)
		}
		if got := strings.Join(seen, " "); got != "run_1 run_2 run_3 end" {
			t.Fatalf("the stream holds, after the first, %s", got)
		}
	})
}

func TestRelayServes(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, eventsql.Migrations())
	o, s := newOutbox(d), startServer(t, t.TempDir())
	sub := subscribe(t, s, event.Filter{Tenant: "acme", Types: []string{"run.>"}, Project: "shop"})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- (&event.Relay{Outbox: o, Publisher: s, Log: quiet()}).Serve(ctx) }()
	record(t, d, o, kernel.Fact{Type: "run.created", Scope: kernel.Scope{Tenant: "rival", Project: "shop"}, Subject: "foreign"})
	record(t, d, o, kernel.Fact{Type: "run.created", Scope: dev.InProject("bank"), Subject: "other project"})
	record(t, d, o, kernel.Fact{Type: "secret.changed", Scope: dev, Subject: "other type"})
	record(t, d, o, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_1"})
	record(t, d, o, kernel.Fact{Type: "run.approved", Scope: dev, Subject: "run_2"})
	first, second := next(t, sub), next(t, sub)
	if first.Subject != "run_1" || second.Subject != "run_2" || second.Fact() != "run.approved" || second.Sequence <= first.Sequence {
		t.Fatalf("received %+v, %+v", first, second)
	}
	again := subscribe(t, s, event.Filter{Tenant: "acme", After: first.Sequence})
	if e := next(t, again); e.ID != second.ID {
		t.Fatalf("resumed at %+v", e)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestSubscriptionEnds(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	sub := subscribe(t, s, event.Filter{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sub.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	sub.Close()
	if _, err := sub.Next(context.Background()); !kernel.Is(err, kernel.Unavailable) {
		t.Fatalf("got %v", err)
	}
}

func TestRefusesFactsWithoutASubject(t *testing.T) {
	t.Parallel()
	o := newOutbox(dbtest.SQLite(t, eventsql.Migrations()))
	for _, f := range []kernel.Fact{
		{Type: "run.created"},
		{Type: "", Scope: dev},
		{Type: "run.*", Scope: dev},
		{Type: "run created", Scope: dev},
		{Type: "run.created", Scope: kernel.Scope{Tenant: "a.b"}},
	} {
		if err := o.Record(context.Background(), f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}

func BenchmarkRelay(b *testing.B) {
	d := dbtest.SQLite(b, eventsql.Migrations())
	o, s := newOutbox(d), startServer(b, b.TempDir())
	r := &event.Relay{Outbox: o, Publisher: s, Log: quiet()}
	for b.Loop() {
		record(b, d, o, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_1"})
		if _, err := r.Drain(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
