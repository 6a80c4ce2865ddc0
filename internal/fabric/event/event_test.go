package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ce "github.com/cloudevents/sdk-go/v2/event"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newLog(d *db.DB) *event.Log {
	return &event.Log{Store: eventsql.NewStore(d), Log: quiet(), Address: "https://terrace.example"}
}

func record(t testing.TB, d *db.DB, l *event.Log, f kernel.Fact) {
	t.Helper()
	ctx := kernel.WithRequestID(kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser}), "req_1")
	if err := d.InTx(ctx, func(ctx context.Context) error { return l.Record(ctx, f) }); err != nil {
		t.Fatal(err)
	}
}

func order(t testing.TB, l *event.Log) {
	t.Helper()
	if err := l.Order(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func next(t testing.TB, f *event.Follower) event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, err := f.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAFactBelongsToTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l := newLog(d)
		boom := errors.New("boom")
		err := d.InTx(ctx, func(ctx context.Context) error {
			if err := l.Record(ctx, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_0"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		for i := range 300 {
			record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: fmt.Sprintf("run_%d", i+1)})
		}
		order(t, l)
		f := l.Follow(0)
		for i := range 300 {
			if e := next(t, f); e.Subject != fmt.Sprintf("run_%d", i+1) || e.Sequence != uint64(i+1) {
				t.Fatalf("event %d is %s at %d", i, e.Subject, e.Sequence)
			}
		}
		if b, err := l.Bounds(ctx); err != nil || b != (event.Bounds{First: 1, Last: 300}) {
			t.Fatalf("bounds %+v, %v", b, err)
		}
	})
}

// TestFactsOfOneTransactionFollowEachOther holds that what followers are told from
// memory is what is in the log.
func TestFactsOfOneTransactionFollowEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		l := newLog(d)
		record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: "before"})
		const facts = 40
		ctx := kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser})
		err := d.InTx(ctx, func(ctx context.Context) error {
			for i := range facts {
				data := map[string]any{"text": strings.Repeat("it's <", 1+20_000*(i%2)), "n": i}
				if err := l.Record(ctx, kernel.Fact{Type: "run.planned", Scope: dev, Subject: fmt.Sprintf("run_%d \xff", i), Reason: "a\xfe\xffb", Data: data}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		order(t, l)
		told, kept := l.Follow(1), newLog(d).Follow(1)
		for i := range facts {
			a, b := next(t, told), next(t, kept)
			if a.Subject != fmt.Sprintf("run_%d \uFFFD", i) || a.Sequence != uint64(i+2) {
				t.Errorf("event %d is %s at %d", i, a.Subject, a.Sequence)
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("event %d is told as %+v and kept as %+v", i, a, b)
			}
		}
	})
}

// TestIsACloudEvent reads the body with the CloudEvents SDK.
func TestIsACloudEvent(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, eventsql.Migrations())
	l := newLog(d)
	record(t, d, l, kernel.Fact{
		Type: "run.approved", Scope: dev, Subject: "run_1", Reason: "looks good", Data: map[string]any{"digest": "sha256:1"},
	})
	order(t, l)
	kept, err := l.Store.Get(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var e ce.Event
	if err := json.Unmarshal(kept.Body, &e); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	if e.Type() != "dev.terrace.run.approved" || e.Source() != "/tenants/acme/projects/shop/stages/dev" || e.Subject() != "run_1" || e.ID() != kept.ID {
		t.Fatalf("event %s", e)
	}
	if want := "https://terrace.example/api/v1/schemas/events/run.approved/1"; e.DataSchema() != want {
		t.Errorf("schema %q, want %q", e.DataSchema(), want)
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
	l := newLog(d)
	record(t, d, l, kernel.Fact{Type: "run.planned", Scope: dev, Subject: "run_1", Data: strings.Repeat("x", 2<<20)})
	order(t, l)
	if e := next(t, l.Follow(0)); e.Subject != "run_1" || !strings.Contains(string(e.Data), "omitted") {
		t.Fatalf("event %+v", e)
	}
}

// TestEveryProcessSeesOneOrder has several processes record, place and follow at
// once on one database: each follower sees every event once, and all the same.
func TestEveryProcessSeesOneOrder(t *testing.T) {
	t.Parallel()
	const processes, writers, each = 3, 4, 50
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		var serving, writing sync.WaitGroup
		logs := make([]*event.Log, processes)
		for i := range logs {
			logs[i] = newLog(d)
			serving.Go(func() { _ = logs[i].Serve(ctx) })
		}
		defer serving.Wait()
		defer cancel()
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					record(t, d, logs[w%processes], kernel.Fact{Type: "run.created", Scope: dev, Subject: fmt.Sprintf("%d-%d", w, i)})
				}
			})
		}
		var first []string
		for i, l := range logs {
			f, seen := l.Follow(0), []string(nil)
			for range writers * each {
				e := next(t, f)
				if e.Sequence != uint64(len(seen)+1) {
					t.Fatalf("process %d has a gap before %d", i, e.Sequence)
				}
				seen = append(seen, e.Subject)
			}
			if first == nil {
				first = seen
			}
			if got, want := strings.Join(seen, " "), strings.Join(first, " "); got != want {
				t.Fatalf("process %d sees %s, the first saw %s", i, got, want)
			}
		}
		writing.Wait()
		for w := range writers {
			at := -1
			for i := range each {
				now := slices.Index(first, fmt.Sprintf("%d-%d", w, i))
				if now <= at {
					t.Fatalf("%d-%d is at %d, after %d", w, i, now, at)
				}
				at = now
			}
		}
	})
}

func TestReadsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l := newLog(d)
		record(t, d, l, kernel.Fact{Type: "run.created", Scope: kernel.Scope{Tenant: "rival", Project: "shop"}, Subject: "foreign"})
		record(t, d, l, kernel.Fact{Type: "secret.changed", Scope: dev, Subject: "other type"})
		record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_1"})
		record(t, d, l, kernel.Fact{Type: "run.approved", Scope: dev, Subject: "run_2"})
		order(t, l)
		for name, c := range map[string]struct {
			fact  string
			after uint64
			want  string
		}{
			"all of the tenant": {"", 0, "other type"},
			"a type":            {"run.approved", 0, "run_2"},
			"a kind of types":   {"run.>", 0, "run_1"},
			"after one":         {"run.>", 3, "run_2"},
			"after the last":    {"", 4, ""},
		} {
			e, ok, err := l.After(ctx, "acme", c.fact, c.after)
			if err != nil || e.Subject != c.want || ok != (c.want != "") {
				t.Errorf("%s: %+v, %v, %v", name, e, ok, err)
			}
		}
		if e, ok, err := l.At(ctx, 3); err != nil || !ok || e.Subject != "run_1" {
			t.Errorf("at 3: %+v, %v, %v", e, ok, err)
		}
		if _, ok, err := l.At(ctx, 5); err != nil || ok {
			t.Errorf("at 5: %v, %v", ok, err)
		}
	})
}

func TestOldEventsAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		l := newLog(d)
		l.Clock = func() time.Time { return now }
		for i := range 2 {
			record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: fmt.Sprint(i)})
			order(t, l)
			now = now.Add(event.Retention - time.Hour)
		}
		for _, want := range []event.Bounds{{First: 2, Last: 2}, {First: 3, Last: 2}} {
			if err := l.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if b, err := l.Bounds(context.Background()); err != nil || b != want {
				t.Fatalf("bounds %+v, %v, want %+v", b, err, want)
			}
			now = now.Add(event.Retention)
		}
		record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: "new"})
		order(t, l)
		if e := next(t, l.Follow(0)); e.Sequence != 3 || e.Subject != "new" {
			t.Fatalf("a place is taken twice: %+v", e)
		}
	})
}

// TestWhoMustHearOfEveryEventIsToldOfGaps where others go on: once for each, whether something
// came after it or not.
func TestWhoMustHearOfEveryEventIsToldOfGaps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
		l := newLog(d)
		l.Clock = func() time.Time { return now }
		add := func(subject string) {
			record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: subject})
			order(t, l)
		}
		forget := func() {
			now = now.Add(event.Retention + time.Hour)
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		add("one")
		every := l.FollowEvery(0)
		if e := next(t, every); e.Subject != "one" {
			t.Errorf("%+v", e)
		}
		add("two")
		forget()
		if _, err := every.Next(t.Context()); !errors.Is(err, event.ErrForgotten) {
			t.Errorf("nothing is left: %v", err)
		}
		add("three")
		if e := next(t, every); e.Subject != "three" {
			t.Errorf("%+v", e)
		}
		add("four")
		forget()
		add("five")
		if _, err := every.Next(t.Context()); !errors.Is(err, event.ErrForgotten) {
			t.Errorf("before the fifth: %v", err)
		}
		if e := next(t, every); e.Subject != "five" {
			t.Errorf("%+v", e)
		}
		if e := next(t, l.Follow(0)); e.Subject != "five" {
			t.Errorf("who may miss some: %+v", e)
		}
	})
}

func TestAFollowerEnds(t *testing.T) {
	t.Parallel()
	f := newLog(dbtest.SQLite(t, eventsql.Migrations())).Follow(0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestRefusesFactsThatAreNoEvents(t *testing.T) {
	t.Parallel()
	l := newLog(dbtest.SQLite(t, eventsql.Migrations()))
	for _, f := range []kernel.Fact{
		{Type: "run.created"},
		{Type: "", Scope: dev},
		{Type: "run.*", Scope: dev},
		{Type: "run created", Scope: dev},
		{Type: "run.created", Scope: kernel.Scope{Tenant: "a.b"}},
	} {
		if err := l.Record(context.Background(), f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}

func BenchmarkLog(b *testing.B) {
	d := dbtest.SQLite(b, eventsql.Migrations())
	l := newLog(d)
	for b.Loop() {
		record(b, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: "run_1"})
		order(b, l)
	}
}

// TestOnSQLiteAFactHasItsPlaceAtOnce holds that nobody has to place what is
// committed there, and that what is not is never seen.
func TestOnSQLiteAFactHasItsPlaceAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, eventsql.Migrations())
	l := newLog(d)
	f := l.Follow(0)
	boom := errors.New("boom")
	for i := range 3 {
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			return errors.Join(l.Record(ctx, kernel.Fact{Type: "run.failed", Scope: dev}), boom)
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		record(t, d, l, kernel.Fact{Type: "run.created", Scope: dev, Subject: strings.Repeat("x", i*10_000)})
		if e := next(t, f); e.Sequence != uint64(i+1) || e.Fact() != "run.created" || len(e.Subject) != i*10_000 {
			t.Errorf("event %d is %s at %d", i+1, e.Fact(), e.Sequence)
		}
	}
}
