package traffic_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// bench is two replicas on one database, with one clock.
type bench struct {
	now      time.Time
	one, two *traffic.Book
	service  *traffic.Service
	// sees is where the caller may read; refused has nobody read at all.
	sees    kernel.Reach
	refused bool
}

func (b *bench) Authorize(context.Context, string, kernel.Scope) error {
	if b.refused {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (b *bench) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return b.sees, nil
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{trafficsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{now: time.Date(2026, 11, 27, 12, 30, 30, 0, time.UTC), sees: kernel.Reach{All: true}}
		clock := kernel.Clock(func() time.Time { return b.now })
		store := trafficsql.NewStore(d)
		b.one, b.two = &traffic.Book{Store: store, Clock: clock, Consumers: 2}, &traffic.Book{Store: store, Clock: clock, Consumers: 2}
		b.service = &traffic.Service{Book: b.one, Authorizer: b}
		test(t, b)
	})
}

func key(route string) traffic.Key {
	return traffic.Key{Tenant: "acme", Project: "shop", Stage: "dev", Route: route}
}

func (b *bench) look(t *testing.T, q traffic.Question, since time.Duration) []string {
	t.Helper()
	q.Tenant = "acme"
	r, err := b.service.Look(t.Context(), q, since)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, i := range r.Items {
		out = append(out, fmt.Sprintf("%s/%s %s %s %d %d/%d %d %.3f", i.Project, i.Stage, i.Route, i.Consumer, i.Requests, i.ClientErrors, i.ServerErrors, i.Bytes, i.P50))
	}
	return out
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(append([]string{}, want...), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestReplicasAreCountedTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.one.Route(key("orders")).Count("ci", 200, 20*time.Millisecond, 100)
		b.two.Route(key("orders")).Count("ci", 503, 20*time.Millisecond, 10)
		b.two.Route(key("orders")).Count("", 404, 20*time.Millisecond, 1)
		if err := b.two.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, b.look(t, traffic.Question{Consumers: true}, time.Hour),
			"shop/dev orders  3 1/1 111 0.018", "shop/dev orders ci 2 0/1 110 0.018")
		check(t, b.look(t, traffic.Question{}, time.Hour), "shop/dev orders  3 1/1 111 0.018")
		check(t, b.look(t, traffic.Question{Consumer: "ci"}, time.Hour), "shop/dev orders ci 2 0/1 110 0.018")
		check(t, b.look(t, traffic.Question{Route: "other"}, time.Hour))
		check(t, b.look(t, traffic.Question{Stage: "prod"}, time.Hour))
	})
}

func TestTimePasses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.one.Route(key("orders")).Count("", 200, time.Millisecond, 0)
		first := b.look(t, traffic.Question{}, time.Minute)
		check(t, first, "shop/dev orders  1 0/0 0 0.001")
		b.now = b.now.Add(5 * time.Minute)
		check(t, b.look(t, traffic.Question{}, time.Minute))
		check(t, b.look(t, traffic.Question{}, 10*time.Minute), first...)
		b.now = b.now.Add(30 * time.Hour)
		if err := b.one.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, b.look(t, traffic.Question{}, 29*time.Hour))
		check(t, b.look(t, traffic.Question{}, 48*time.Hour), first...)
		b.now = b.now.Add(31 * 24 * time.Hour)
		if err := b.one.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, b.look(t, traffic.Question{}, 31*24*time.Hour))
	})
}

func TestWhatOneMaySee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.one.Route(key("orders")).Count("", 200, time.Millisecond, 0)
		prod := key("orders")
		prod.Stage = "prod"
		b.one.Route(prod).Count("", 200, time.Millisecond, 0)
		rival := key("orders")
		rival.Tenant = "rival"
		b.one.Route(rival).Count("", 200, time.Millisecond, 0)
		b.sees = kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "prod"}}}
		check(t, b.look(t, traffic.Question{}, time.Hour), "shop/prod orders  1 0/0 0 0.001")
		b.refused = true
		if _, err := b.service.Look(t.Context(), traffic.Question{Tenant: "acme"}, time.Hour); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
		b.refused = false
		for _, since := range []time.Duration{0, -time.Hour, 32 * 24 * time.Hour} {
			if _, err := b.service.Look(t.Context(), traffic.Question{Tenant: "acme"}, since); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", since, err)
			}
		}
	})
}

// TestConsumersAreBounded has those told apart who call most, and those dropped who
// call no more; nothing is lost on the way.
func TestConsumersAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		r := b.one.Route(key("orders"))
		call := func(who string, times int) {
			for range times {
				r.Count(who, 200, time.Millisecond, 1)
			}
		}
		rank := func() {
			if err := b.one.Rank(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		call("small", 2)
		call("big", 100)
		call("late", 30)
		rank()
		call("late", 30)
		check(t, b.look(t, traffic.Question{Consumers: true}, time.Hour), "shop/dev orders  162 0/0 162 0.001",
			"shop/dev orders (others) 30 0/0 30 0.001", "shop/dev orders big 100 0/0 100 0.001", "shop/dev orders late 30 0/0 30 0.001", "shop/dev orders small 2 0/0 2 0.001")
		for i := range 500 {
			call(fmt.Sprintf("one-%d", i), 1)
		}
		registry := prometheus.NewRegistry()
		registry.MustRegister(b.one.Collector())
		shown := func() string {
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			var s strings.Builder
			for _, f := range families {
				for _, m := range f.GetMetric() {
					for _, l := range m.GetLabel() {
						if l.GetName() == "consumer" && f.GetName() == "terrace_gateway_consumer_requests_total" {
							s.WriteString(l.GetValue() + " ")
						}
					}
				}
			}
			return s.String()
		}
		if got := shown(); got != "(others) big late " {
			t.Errorf("shown %q", got)
		}
		for range 61 {
			rank()
		}
		if got := shown(); got != "(others) " {
			t.Errorf("shown after all are gone %q", got)
		}
		call("new", 1)
		if got := shown(); got != "(others) new " {
			t.Errorf("shown %q", got)
		}
		b.one.Keep(nil)
		if got := b.look(t, traffic.Question{}, time.Hour); len(got) != 1 || !strings.Contains(got[0], " 663 ") {
			t.Errorf("%v", got)
		}
	})
}

// TestNamesThatCannotBeKept has what no database takes be counted with the others.
func TestNamesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for _, name := range []string{"a\x00b", "\xff\xfe", strings.Repeat("x", 2000)} {
			b.one.Route(key("orders")).Count(name, 200, time.Millisecond, 0)
		}
		b.one.Route(key("orders")).Count("ünïcode", 200, time.Millisecond, 0)
		check(t, b.look(t, traffic.Question{Consumers: true}, time.Hour), "shop/dev orders  4 0/0 0 0.001", "shop/dev orders (others) 3 0/0 0 0.001", "shop/dev orders ünïcode 1 0/0 0 0.001")
	})
}

// failing is a store that cannot be written to for a while.
type failing struct {
	traffic.Store

	broken bool
}

func (f *failing) Add(ctx context.Context, all []traffic.Count) error {
	if f.broken {
		return errors.New("no disk")
	}
	return f.Store.Add(ctx, all) //nolint:wrapcheck // the test's
}

func TestWhatCannotBeWrittenIsWrittenLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		f := &failing{Store: b.one.Store, broken: true}
		b.one.Store = f
		b.one.Route(key("orders")).Count("ci", 200, time.Millisecond, 0)
		if err := b.one.Write(t.Context()); err == nil {
			t.Fatal("it was written")
		}
		b.one.Keep(nil)
		f.broken = false
		check(t, b.look(t, traffic.Question{Consumers: true}, time.Hour), "shop/dev orders  1 0/0 0 0.001", "shop/dev orders ci 1 0/0 0 0.001")
	})
}

// TestManyCountAtOnce counts from many goroutines while consumers change places.
func TestManyCountAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		r := b.one.Route(key("orders"))
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 500 {
					r.Count(fmt.Sprintf("c%d", (g+i)%20), 200, time.Millisecond, 1)
				}
			})
		}
		for range 20 {
			if err := errors.Join(b.one.Rank(t.Context()), b.one.Write(t.Context())); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		check(t, b.look(t, traffic.Question{}, time.Hour), "shop/dev orders  4000 0/0 4000 0.001")
	})
}

func TestQuantilesLieBetweenTheBounds(t *testing.T) {
	t.Parallel()
	var nothing traffic.Tally
	if nothing.Quantile(.5) != 0 {
		t.Error("nothing took a time")
	}
	var all traffic.Tally
	all.Places[1], all.Places[20] = 99, 1
	if got := all.Quantile(.5); got < time.Millisecond || got > 2500*time.Microsecond {
		t.Errorf("p50 %s", got)
	}
	if got := all.Quantile(1); got != 30*time.Second {
		t.Errorf("beyond all bounds %s", got)
	}
	if got := all.Within(10 * time.Millisecond); got != 99 {
		t.Errorf("within %d", got)
	}
}

// BenchmarkCount is what a request pays.
func BenchmarkCount(b *testing.B) {
	r := (&traffic.Book{}).Route(key("orders"))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Count("ci", 200, 20*time.Millisecond, 1024)
		}
	})
}
