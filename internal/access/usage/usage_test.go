package usage_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/usage"
	"github.com/terrace-idp/terrace/internal/access/usage/usagesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// sources are runs that ended, one at each place of the log.
type sources struct{ ended []usage.Ended }

func (s *sources) Last(context.Context) (uint64, error) { return 0, nil }

func (s *sources) Ended(_ context.Context, after uint64) ([]usage.Ended, uint64, error) {
	upTo := min(after+2, uint64(len(s.ended))) // in small pieces
	return s.ended[after:upTo], upTo, nil
}

func (*sources) Gauges(context.Context) ([]usage.Amount, error) {
	return []usage.Amount{{Scope: dev(), Metric: usage.Stacks, Quantity: 3}}, nil
}

func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

type anybody struct{}

func (anybody) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (anybody) Exists(_ context.Context, scope kernel.Scope) error {
	if scope.Tenant == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no %s", scope)
	}
	return nil
}

func (anybody) Removed(_ context.Context, name string) (bool, error) { return name == "left", nil }

// journal keeps facts, and fails while it is told to.
type journal struct {
	mu    sync.Mutex
	fails bool
	facts []kernel.Fact
}

var errGone = errors.New("the process is gone")

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails {
		return errGone
	}
	j.facts = append(j.facts, f)
	return nil
}

// TestEachWindowCountsOnce: processes that end in the middle, and two at once, count
// nothing twice and leave nothing out.
func TestEachWindowCountsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{usagesql.Migrations()}, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 11, 27, 10, 10, 0, 0, time.UTC)
		now, src, j := start, &sources{}, &journal{}
		fresh := func() *usage.Service {
			return usage.New(usage.Config{Store: usagesql.NewStore(d), Tx: d, Authorizer: anybody{}, Tenants: anybody{}, Journal: j, Sources: src, Clock: func() time.Time { return now }})
		}
		round := func(s *usage.Service, want error) {
			t.Helper()
			if err := s.Round(t.Context()); !errors.Is(err, want) {
				t.Fatal(err)
			}
		}
		s := fresh()
		round(s, nil)
		for range 7 {
			src.ended = append(src.ended, usage.Ended{Scope: dev(), At: start.Add(time.Minute), Total: 3500 * time.Millisecond, Plan: time.Second, Apply: 2 * time.Second})
		}
		for _, id := range []string{"usr_1", "usr_2", "usr_1"} {
			s.Request(kernel.Actor{ID: id, Kind: kernel.ActorUser, Tenant: "acme"})
		}
		s.Request(kernel.Actor{ID: "usr_3", Kind: kernel.ActorUser, Tenant: "left"}) // whose log is no more
		s.Request(kernel.Actor{ID: "run_1", Kind: kernel.ActorRun, Tenant: "acme"})
		var both sync.WaitGroup
		both.Go(func() { _ = s.Round(t.Context()) })
		both.Go(func() { _ = fresh().Round(t.Context()) })
		both.Wait()
		round(s, nil)
		now = start.Add(time.Hour)
		j.fails = true
		round(fresh(), errGone)
		j.fails = false
		round(fresh(), nil)
		round(fresh(), nil)
		// One that comes late is of the first open hour.
		src.ended = append(src.ended, usage.Ended{Scope: dev(), At: start, Total: time.Second})
		now = start.Add(2 * time.Hour)
		round(fresh(), nil)

		page, err := s.List(kernel.WithActor(t.Context(), kernel.System("test", "acme")), kernel.Scope{Tenant: "acme"}, "2026-11", usage.Hour, kernel.PageRequest{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, r := range page.Items {
			got[r.From.Format("15")+" "+r.Project+" "+string(r.Metric)] = r.Quantity
		}
		want := map[string]float64{
			"10  active-users": 2, "10  requests": 3,
			"10 shop runs": 7, "10 shop run-seconds": 24.5, "10 shop plan-seconds": 7, "10 shop apply-seconds": 14, "10 shop stacks": 3,
			"11 shop runs": 1, "11 shop run-seconds": 1, "11 shop plan-seconds": 0, "11 shop apply-seconds": 0, "11 shop stacks": 3,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(j.facts) != 3 || j.facts[1].Scope != dev().InProject("shop") || j.facts[1].Subject != "2026-11-27T10:00:00Z" {
			t.Errorf("%+v", j.facts)
		}
		last, err := s.List(kernel.WithActor(t.Context(), kernel.System("test", "acme")), kernel.Scope{Tenant: "left"}, "2026-11", usage.Month, kernel.PageRequest{})
		if err != nil || len(last.Items) != 2 || last.Items[1].Metric != usage.Requests || last.Items[1].Quantity != 1 {
			t.Errorf("what a tenant that left used in its last month: %+v %v", last, err)
		}
		month, err := s.List(kernel.WithActor(t.Context(), kernel.System("test", "acme")), kernel.Scope{Tenant: "acme", Project: "shop"}, "2026-11", usage.Month, kernel.PageRequest{Limit: 2})
		if err != nil || len(month.Items) != 2 || month.Next == "" || month.Items[1].Metric != usage.PlanTime {
			t.Errorf("%+v %v", month, err)
		}
	})
}
