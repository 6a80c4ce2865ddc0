package lifetime_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/governance/lifetime/lifetimesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

const hour = time.Hour

// bench is a lifetime service on a real database with hand-written rooms around it.
type bench struct {
	*lifetime.Service

	mu      sync.Mutex
	now     time.Time
	elapsed time.Duration
	rule    lifetime.Rule
	refuses error
	reach   kernel.Reach
	facts   []string
	removed []string
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{lifetimesql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{now: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), rule: lifetime.Rule{Max: 240 * hour}, reach: kernel.Reach{All: true}}
		b.Service = b.another(d)
		test(t, b)
	})
}

// another is a service of another process on the same database.
func (b *bench) another(d *db.DB) *lifetime.Service {
	return lifetime.New(lifetime.Config{
		Store: lifetimesql.NewStore(d), Runs: b, Stages: b, Authorizer: b, Journal: b, Tx: d, Log: slog.New(slog.DiscardHandler), Warn: 24 * hour, PerHour: 2,
		Clock: func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }, Elapsed: func() time.Duration { b.mu.Lock(); defer b.mu.Unlock(); return b.elapsed },
	})
}

// pass lets time go by; jump sets the clock alone.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	b.now, b.elapsed = b.now.Add(d), b.elapsed+d
	b.mu.Unlock()
}
func (b *bench) jump(d time.Duration) { b.mu.Lock(); b.now = b.now.Add(d); b.mu.Unlock() }

func (b *bench) Lifetimes(string) (lifetime.Rule, error) { return b.rule, nil }

func (b *bench) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (b *bench) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return b.reach, nil
}

func (b *bench) Record(ctx context.Context, f kernel.Fact) error {
	if !db.InTransaction(ctx) {
		return fmt.Errorf("the fact %s is outside of a transaction", f.Type)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts = append(b.facts, f.Type)
	return nil
}

func (b *bench) told() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.facts, " ")
	b.facts = nil
	return all
}

func (b *bench) Destroy(_ context.Context, _ kernel.Scope, workload, _ string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuses != nil {
		return "", b.refuses
	}
	b.removed = append(b.removed, workload)
	return "run_" + workload, nil
}

func ctx() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

func (b *bench) begin(t *testing.T, workload string, d time.Duration) {
	t.Helper()
	if err := b.Begin(ctx(), dev, workload, d); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) sweep(t *testing.T) {
	t.Helper()
	if err := b.Sweep(ctx()); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) list(scope kernel.Scope) ([]lifetime.Lifetime, error) {
	page, err := b.List(ctx(), scope, "", kernel.PageRequest{})
	return page.Items, err
}

func (b *bench) only(t *testing.T) lifetime.Lifetime {
	t.Helper()
	all, err := b.list(dev)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	return all[0]
}

func TestALifetimeIsWarnedOfAndThenEnded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.begin(t, "orders", 72*hour)
		for _, step := range []struct {
			after time.Duration
			told  string
			runs  int
		}{{0, "", 0}, {47 * hour, "", 0}, {hour, "lifetime.expiring", 0}, {23 * hour, "", 0}, {hour, "lifetime.reclaiming", 1}, {hour, "", 1}, {48 * hour, "", 1}} {
			b.pass(step.after)
			b.sweep(t)
			if told := b.told(); told != step.told || len(b.removed) != step.runs {
				t.Fatalf("after %s more: told %q, removed %v", step.after, told, b.removed)
			}
		}
		if l := b.only(t); l.Run != "run_orders" {
			t.Errorf("%+v", l)
		}
		if _, err := b.Extend(ctx(), dev, "orders", hour, "wait"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("extended under way: %v", err)
		}
		if facts, err := b.Removed(ctx(), dev, "orders", "run_orders", ""); err != nil || len(facts) != 0 {
			t.Errorf("%v %v", facts, err)
		}
		if all, err := b.list(dev); err != nil || len(all) != 0 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestAClockThatJumpsRemovesNothingUnwarned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.begin(t, "orders", 72*hour)
		b.sweep(t)
		b.jump(9000 * hour)
		b.sweep(t)
		if told := b.told(); told != "lifetime.expiring" || len(b.removed) != 0 {
			t.Fatalf("told %q, removed %v", told, b.removed)
		}
		b.pass(23 * hour)
		b.sweep(t)
		if len(b.removed) != 0 {
			t.Fatal("it was removed before the notice was over")
		}
		b.jump(2 * hour) // over, but by the clock alone
		b.sweep(t)
		if l := b.only(t); len(b.removed) != 0 || !strings.Contains(l.Problem, "the clock jumped") {
			t.Fatalf("%+v, removed %v", l, b.removed)
		}
		b.pass(2 * hour)
		b.sweep(t)
		if len(b.removed) != 1 {
			t.Errorf("removed %v", b.removed)
		}
	})
}

func TestLifetimesAreThoseOfTheStagesThatOneReads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		project := dev.InStage("")
		for _, stage := range []string{"beta", "dev", "prod"} {
			if err := b.Begin(ctx(), project.InStage(stage), "orders", hour); err != nil {
				t.Fatal(err)
			}
		}
		b.reach = kernel.Reach{Stages: []kernel.Scope{dev}}
		page, err := b.List(ctx(), project, "", kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Scope != dev || page.Next != "" {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

func TestFewAreRemovedInAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, w := range []string{"a", "b", "c", "d", "e"} {
			b.begin(t, w, 2*hour)
		}
		b.pass(hour)
		b.sweep(t)
		b.pass(hour)
		b.sweep(t)
		all, err := b.list(dev)
		if err != nil {
			t.Fatal(err)
		}
		under, waiting := 0, 0
		for _, l := range all {
			if l.Run != "" {
				under++
			} else if l.Problem != "" {
				waiting++
			}
		}
		if under != 2 || waiting != 3 {
			t.Errorf("%d are removed, %d wait", under, waiting)
		}
	})
}

func TestWhatCannotBeRemovedIsToldOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.begin(t, "orders", 2*hour)
		b.pass(hour)
		b.sweep(t)
		b.refuses = kernel.Errorf(kernel.Refused, "others take from it")
		for range 3 {
			b.pass(hour)
			b.sweep(t)
		}
		if told := b.told(); told != "lifetime.expiring lifetime.reclaim_failed" || b.only(t).Problem != "others take from it" {
			t.Errorf("told %q", told)
		}
		b.refuses = nil
		b.pass(hour)
		b.sweep(t)
		facts, err := b.Removed(ctx(), dev, "orders", "run_orders", "a gate did not let it pass")
		if err != nil || len(facts) != 1 || facts[0].Type != "lifetime.reclaim_failed" || b.only(t).Run != "" {
			t.Errorf("%v %v", facts, err)
		}
		b.pass(hour)
		b.sweep(t)
		if len(b.removed) != 2 {
			t.Errorf("removed %v", b.removed)
		}
	})
}

func TestExtensionsAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.begin(t, "orders", 72*hour)
		b.pass(48 * hour)
		b.sweep(t)
		for by, reason := range map[time.Duration]string{-hour: "x", 0: "x", 300 * hour: "x", hour: " "} {
			if _, err := b.Extend(ctx(), dev, "orders", by, reason); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("by %s: %v", by, err)
			}
		}
		l, err := b.Extend(ctx(), dev, "orders", 48*hour, "the review")
		if err != nil || l.WarnedAt != nil || l.SetBy != "ada" || l.ExpiresAt.Sub(b.now) != 72*hour {
			t.Errorf("%+v %v", l, err)
		}
		if _, err := b.Extend(ctx(), dev, "orders", time.Nanosecond, "x"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("an extension by nothing that counts: %v", err)
		}
		if _, err := b.Extend(ctx(), dev, "nothing", hour, "x"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestStagesSayWhoHasALifetime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.begin(t, "forever", 0)
		b.rule.Default = 10 * hour
		b.begin(t, "orders", 0)
		b.begin(t, "orders", 0)
		if l := b.only(t); l.Origin != lifetime.OfStage || l.ExpiresAt.Sub(b.now) != 10*hour {
			t.Errorf("%+v", l)
		}
		b.rule = lifetime.Rule{Never: true}
		b.begin(t, "more", hour)
		b.pass(100 * hour)
		b.sweep(t)
		if all, err := b.list(dev); err != nil || len(all) != 0 || len(b.removed) != 0 {
			t.Errorf("%+v %v, removed %v", all, err, b.removed)
		}
	})
}

// TestTwoProcessesRemoveOnce: both look at once, and one run is kept.
func TestTwoProcessesRemoveOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{lifetimesql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{now: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), rule: lifetime.Rule{Max: 240 * hour}, reach: kernel.Reach{All: true}}
		b.Service = b.another(d)
		other := b.another(d)
		b.begin(t, "orders", 2*hour)
		b.pass(hour)
		b.sweep(t)
		b.pass(hour)
		b.told()
		var both sync.WaitGroup
		for _, s := range []*lifetime.Service{b.Service, other} {
			both.Go(func() {
				if err := s.Sweep(ctx()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if l := b.only(t); l.Run != "run_orders" {
			t.Errorf("%+v", l)
		}
	})
}

// TestTheListHasPages that leave nothing out, also of what expires at the same moment.
func TestTheListHasPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.now = b.now.Add(123456789 * time.Nanosecond)
		for i, workload := range []string{"e", "b", "a", "d", "c"} {
			b.begin(t, workload, time.Duration(1+i/3)*hour)
		}
		var got []string
		page := kernel.PageRequest{Limit: 2}
		for range 5 {
			p, err := b.List(ctx(), dev, "", page)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range p.Items {
				got = append(got, l.Workload)
			}
			if page.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		if all := strings.Join(got, " "); all != "a b e c d" {
			t.Errorf("the pages have %s", all)
		}
		if p, err := b.List(ctx(), dev, "d", kernel.PageRequest{}); err != nil || len(p.Items) != 1 || p.Items[0].Workload != "d" {
			t.Errorf("of one workload: %+v, %v", p, err)
		}
		if _, err := b.List(ctx(), dev, "", kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a cursor that is none: %v", err)
		}
	})
}
