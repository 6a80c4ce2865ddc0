package subscription_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// put puts one event of any scope into the log.
func (w *world) put(t testing.TB, scope kernel.Scope, kind, subject string) {
	t.Helper()
	err := w.db.InTx(context.Background(), func(ctx context.Context) error {
		return w.log.Record(ctx, kernel.Fact{Type: kind, Scope: scope, Subject: subject})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.log.Order(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// asks are the rights of somebody.
type asks map[string]bool

func (a asks) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if a[action+" "+scope.Project] {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s in %q is not allowed", action, scope.Project)
}

// Allowed reaches the projects of the rights, and all with one in the tenant.
func (a asks) Allowed(_ context.Context, action string, _ kernel.Scope) (r kernel.Reach, err error) {
	for right, may := range a {
		if project, ok := strings.CutPrefix(right, action+" "); ok && may {
			r.Below = true
			r.Add(project, "")
		}
	}
	return r, nil
}

func subjects(events []event.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Subject)
	}
	return strings.Join(all, " ")
}

func TestEventsAreListedAsTheActorMaySeeThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.put(t, shop, "run.failed", "run_1")
		w.put(t, kernel.Scope{Tenant: "rival", Project: "shop"}, "run.failed", "foreign")
		w.put(t, kernel.Scope{Tenant: "acme", Project: "other"}, "run.failed", "run_2")
		w.put(t, shop, "secret.changed", "password")
		w.put(t, tenant, "user.created", "usr_2")
		w.put(t, shop.InStage("dev"), "run.succeeded", "run_3")
		for name, c := range map[string]struct {
			rights  asks
			scope   kernel.Scope
			filters []subscription.Filter
			want    string
		}{
			"an admin":              {asks{"event.read ": true, "run.read shop": true, "run.read other": true, "secret.read shop": true, "audit.read ": true}, tenant, nil, "run_3 usr_2 password run_2 run_1"},
			"one of its project":    {asks{"event.read shop": true, "run.read shop": true}, shop, nil, "run_3 run_1"},
			"one in the tenant":     {asks{"event.read ": true, "run.read shop": true}, tenant, nil, "run_3 run_1"},
			"with a filter":         {asks{"event.read shop": true, "run.read shop": true}, shop, subscription.AnyOf("type", subscription.WholeTypes([]string{"run.f*"})), "run_1"},
			"with an end":           {asks{"event.read shop": true, "run.read shop": true}, shop, subscription.AnyOf("type", []string{"*.succeeded"}), "run_3"},
			"of one and of another": {asks{"event.read shop": true, "run.read shop": true}, shop, subscription.AnyOf("subject", []string{"run_1", "run_3"}), "run_3 run_1"},
		} {
			t.Run(name, func(t *testing.T) {
				config := w.config
				config.Authorizer = c.rights
				got, err := subscription.New(config).ListEvents(asAdmin(), c.scope, c.filters, kernel.PageRequest{})
				if err != nil || subjects(got.Items) != c.want || got.Last != 6 {
					t.Errorf("got %q, want %q, last %d, %v", subjects(got.Items), c.want, got.Last, err)
				}
			})
		}
		config := w.config
		config.Authorizer = asks{}
		if _, err := subscription.New(config).ListEvents(asAdmin(), shop, nil, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("nobody: %v", err)
		}
		wrong := subscription.AnyOf("type", subscription.WholeTypes([]string{"run.faild"}))
		_, err := w.ListEvents(asAdmin(), shop, wrong, kernel.PageRequest{})
		var e *kernel.Error
		if !errors.As(err, &e) || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].Fix, "dev.terrace.run.failed") {
			t.Errorf("an unknown type: %v", err)
		}
	})
}

func TestPagesOfEventsGoBackToTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	ids := w.publish(t, "run.failed", 2500)
	slices.Reverse(ids)
	var got []string
	for page := (kernel.PageRequest{Limit: 200}); ; {
		h, err := w.ListEvents(asAdmin(), shop, nil, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range h.Items {
			got = append(got, e.ID)
		}
		if page.Cursor = h.Next; h.Next == "" {
			break
		}
	}
	if !slices.Equal(got, ids) {
		t.Fatalf("%d events of %d", len(got), len(ids))
	}
	// Where nothing passes a page ends somewhere, and says where to go on.
	none := subscription.AnyOf("subject", []string{"nobody"})
	h, err := w.ListEvents(asAdmin(), shop, none, kernel.PageRequest{})
	if err != nil || len(h.Items) != 0 || h.Next == "" {
		t.Fatalf("%+v, %v", h, err)
	}
	if h, err = w.ListEvents(asAdmin(), shop, none, kernel.PageRequest{Cursor: h.Next}); err != nil || h.Next != "" {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := w.ListEvents(asAdmin(), shop, nil, kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
		t.Fatalf("a wrong cursor: %v", err)
	}
}

// watch watches after a place until n events were told, and returns them with the place of the last.
func (w *world) watch(t *testing.T, after *uint64, n int) (ids []string, place uint64, lost bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(asAdmin(), patience)
	defer cancel()
	s, err := w.WatchEvents(ctx, shop, nil, after)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	err = s.Run(ctx, func(told subscription.Sighting) error {
		lost, place = lost || told.Lost, told.Through
		if told.Event == nil {
			return nil
		}
		if ids = append(ids, told.Event.ID); len(ids) == n {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("%d of %d events: %v", len(ids), n, err)
	}
	return ids, place, lost
}

func TestAWatcherMissesNothingAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	w.run(t)
	before := w.publish(t, "run.failed", 3)
	begin := uint64(0)
	got, place, lost := w.watch(t, &begin, 2)
	if !slices.Equal(got, before[:2]) || lost {
		t.Fatalf("got %v, want %v, lost %v", got, before[:2], lost)
	}
	later := make(chan []string, 1)
	go func() { later <- w.publish(t, "run.succeeded", 5) }()
	got, _, _ = w.watch(t, &place, 6)
	if want := append(before[2:], <-later...); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestAWatcherIsToldWhatItLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	ids := w.publish(t, "run.failed", 5)
	if _, err := w.log.Store.Forget(t.Context(), w.clock.now().Add(-event.Retention), 3); err != nil {
		t.Fatal(err)
	}
	begin := uint64(1)
	if got, _, lost := w.watch(t, &begin, 2); !lost || !slices.Equal(got, ids[3:]) {
		t.Fatalf("got %v, lost %v", got, lost)
	}
}

func TestWatchersAreBoundedAndLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	ctx, cancel := context.WithCancel(asAdmin())
	for range subscription.MaxWatchers {
		if _, err := w.WatchEvents(ctx, shop, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.WatchEvents(ctx, shop, nil, nil); !kernel.Is(err, kernel.Unavailable) {
		t.Fatalf("one more: %v", err)
	}
	if _, err := w.WatchEvents(ctx, kernel.Scope{Tenant: "rival"}, nil, nil); err != nil {
		t.Fatalf("another tenant: %v", err)
	}
	cancel()
	eventually(t, "there is room again", func() bool {
		again, leave := context.WithCancel(asAdmin())
		defer leave()
		_, err := w.WatchEvents(again, shop, nil, nil)
		return err == nil
	})
}
