package slo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo/slosql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const both = `{"timeWindow": [{"duration": "30d", "isRolling": true}], "objectives": [
	{"indicatorRef": "availability", "target": 0.99},
	{"displayName": "fast", "indicatorRef": "latency", "op": "lte", "value": "300ms", "targetPercent": 90}]}`

// bench is objectives on a real database, with a clock that is set.
type bench struct {
	*slo.Service

	now   time.Time
	spec  string
	sees  kernel.Reach
	facts []string
	data  []map[string]any
	fails error
}

func (b *bench) Attached(string) []gateway.Attached {
	if b.spec == "" {
		return nil
	}
	scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "prod"}
	return []gateway.Attached{{Scope: scope, Route: "orders", Policy: gateway.Policy{Scope: scope, Name: "promise", Spec: json.RawMessage(b.spec)}}}
}

func (b *bench) Authorize(context.Context, string, kernel.Scope) error {
	if b.sees.None() {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (b *bench) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return b.sees, nil
}

func (b *bench) Record(ctx context.Context, f kernel.Fact) error {
	if b.fails != nil {
		return b.fails
	}
	actor, _ := kernel.ActorFrom(ctx)
	data, _ := f.Data.(map[string]any)
	b.facts = append(b.facts, fmt.Sprintf("%s %s %s %s %s by %s", f.Type, f.Scope, f.Subject, data["objective"], data["severity"], actor.Tenant))
	b.data = append(b.data, data)
	return nil
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{trafficsql.Migrations(), slosql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), spec: both, sees: kernel.Reach{All: true}}
		clock := kernel.Clock(func() time.Time { return b.now })
		b.Service = &slo.Service{
			Routes: b, Traffic: &traffic.Book{Store: trafficsql.NewStore(d), Clock: clock}, Store: slosql.NewStore(d), Authorizer: b, Journal: b, Tx: d,
			Clock: clock, Log: slog.New(slog.DiscardHandler),
		}
		test(t, b)
	})
}

// serve has requests be answered each minute of a time, of which some fail or are slow.
func (b *bench) serve(t *testing.T, over time.Duration, good, failed, slow int) {
	t.Helper()
	r := b.Traffic.Route(traffic.Key{Tenant: "acme", Project: "shop", Stage: "prod", Route: "orders"})
	step := time.Minute
	if over > 12*time.Hour {
		step = time.Hour
	}
	for passed := time.Duration(0); passed < over; passed += step {
		for range good {
			r.Count("", 200, 10*time.Millisecond, 0)
		}
		for range failed {
			r.Count("", 503, 10*time.Millisecond, 0)
		}
		for range slow {
			r.Count("", 200, time.Second, 0)
		}
		if err := b.Traffic.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(step)
	}
}

func (b *bench) evaluate(t *testing.T, want ...string) {
	t.Helper()
	b.facts = nil
	if err := b.Evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(append([]string(nil), want...), b.facts); d != "" {
		t.Errorf("(-want +told):\n%s", d)
	}
}

func (b *bench) status(t *testing.T, objective string) slo.Status {
	t.Helper()
	all, err := b.List(t.Context(), kernel.Scope{Tenant: "acme"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.Objective == objective {
			return x
		}
	}
	t.Fatalf("no %s among %v", objective, all)
	return slo.Status{}
}

// TestAlertsBeginAndEnd goes through a failure: what burns fast pages, what goes on
// burning slowly is a ticket, and each ends by itself and is told once.
func TestAlertsBeginAndEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.evaluate(t) // nothing was served
		b.serve(t, 24*time.Hour, 200, 0, 0)
		b.evaluate(t)
		if x := b.status(t, "availability"); x.Left != 1 || x.Share != 1 || x.Requests != 200*24 || x.Burning != "" {
			t.Errorf("before: %+v", x)
		}
		b.serve(t, 4*time.Minute, 1, 9, 0) // a short spike does not fill an hour
		b.evaluate(t, "slo.burning acme/shop/prod orders availability page by acme")
		if x := b.status(t, "availability"); x.Burning != "page" || x.Since == nil || !x.Since.Equal(b.now) || x.Bad != 36 {
			t.Errorf("while it burns: %+v", x)
		}
		if d := b.data[0]; d["long"] != "1h" || d["short"] != "5m" || d["route"] != "orders" || d["target"] != "0.99" {
			t.Errorf("it is told as %v", d)
		}
		b.evaluate(t) // told once
		b.serve(t, 10*time.Minute, 1, 0, 0)
		if x := b.status(t, "availability"); x.Burns[0].OfShort != 0 || x.Burns[0].OfLong < 14.4 || x.Burns[0].Burning {
			t.Errorf("the short window: %+v", x.Burns[0])
		}
		b.serve(t, 30*time.Minute, 1, 0, 0)
		b.evaluate(t, "slo.recovered acme/shop/prod orders availability page by acme")
		if x := b.status(t, "availability"); x.Burning != "" || x.Since != nil {
			t.Errorf("after: %+v", x)
		}
	})
}

func TestASlowBurnIsATicket(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.serve(t, 72*time.Hour, 97, 3, 0) // three times what the budget bears
		b.evaluate(t, "slo.burning acme/shop/prod orders availability ticket by acme")
		if x := b.status(t, "availability"); x.Burning != "ticket" || math.Abs(x.Left+2) > 1e-9 || math.Abs(x.Burns[2].OfLong-3) > 1e-9 {
			t.Errorf("%+v", x)
		}
		b.spec = "" // the objective is gone
		b.evaluate(t, "slo.recovered acme/shop/prod orders availability ticket by acme")
	})
}

func TestLatencyHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.serve(t, 6*time.Hour, 9, 0, 41)
		x := b.status(t, "fast")
		if x.Threshold != .3 || x.Target != .9 || x.Bad != 41*360 || x.Window != "30d" {
			t.Errorf("%+v", x)
		}
		if y := b.status(t, "availability"); y.Bad != 0 {
			t.Errorf("slow answers are failures: %+v", y)
		}
		// 82 % of a tenth is a rate of 8.2: above 6, below 14.4.
		if x.Burns[0].Burning || !x.Burns[1].Burning || !x.Burns[2].Burning {
			t.Errorf("%+v", x.Burns)
		}
		b.evaluate(t, "slo.burning acme/shop/prod orders fast page by acme", "slo.burning acme/shop/prod orders fast ticket by acme")
	})
}

// stale does not know of alerts that another replica has just begun.
type stale struct{ slo.Store }

func (stale) Alerts(context.Context, string) ([]slo.Alert, error) { return nil, nil }

// TestOneReplicaTells has what one could not record be told by the next.
func TestOneReplicaTells(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.serve(t, time.Hour, 1, 9, 0)
		b.fails = errors.New("no journal")
		if err := b.Evaluate(t.Context()); err == nil {
			t.Fatal("nothing failed")
		}
		b.fails = nil
		want := []string{"slo.burning acme/shop/prod orders availability page by acme", "slo.burning acme/shop/prod orders availability ticket by acme"}
		b.evaluate(t, want...)
		known := b.Store
		b.Store = stale{known}
		b.evaluate(t) // another replica was first
		b.Store = known
		a := slo.Alert{Tenant: "acme", Project: "shop", Stage: "prod", Route: "orders", Objective: "availability", Severity: slo.Page, Since: b.now}
		if first, err := b.Store.Begin(t.Context(), a); err != nil || first {
			t.Errorf("a second replica begins it, too: %v, %v", first, err)
		}
		for _, want := range []bool{true, false} {
			if first, err := b.Store.End(t.Context(), a); err != nil || first != want {
				t.Errorf("it ends %v, want %v: %v", first, want, err)
			}
		}
	})
}

func TestObjectivesAreShownToWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		list := func(at kernel.Scope, route string) int {
			at.Tenant = "acme"
			all, err := b.List(t.Context(), at, route)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		for name, c := range map[string]struct {
			at    kernel.Scope
			route string
			want  int
		}{
			"all": {kernel.Scope{}, "", 2}, "the project": {kernel.Scope{Project: "shop"}, "", 2}, "another": {kernel.Scope{Project: "other"}, "", 0},
			"the stage": {kernel.Scope{Stage: "prod"}, "", 2}, "another stage": {kernel.Scope{Stage: "dev"}, "", 0}, "the route": {kernel.Scope{}, "orders", 2}, "another route": {kernel.Scope{}, "x", 0},
		} {
			if n := list(c.at, c.route); n != c.want {
				t.Errorf("%s: %d", name, n)
			}
		}
		b.sees = kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "dev"}}}
		if n := list(kernel.Scope{}, ""); n != 0 {
			t.Errorf("%d are seen", n)
		}
		b.sees = kernel.Reach{}
		if _, err := b.List(t.Context(), kernel.Scope{Tenant: "acme"}, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
	})
}

func TestObjectivesAreMetrics(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		registry := prometheus.NewRegistry()
		registry.MustRegister(b.Collector())
		if n, err := testutil.GatherAndCount(registry); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
		b.serve(t, time.Hour, 1, 9, 0)
		if err := b.Evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := "# HELP terrace_gateway_slo_burning 1 where an alert holds.\n# TYPE terrace_gateway_slo_burning gauge\n"
		for objective, holds := range map[string]int{"availability": 1, "fast": 0} {
			for _, severity := range []string{"page", "ticket"} {
				want += fmt.Sprintf("terrace_gateway_slo_burning{objective=%q,project=\"shop\",route=\"orders\",severity=%q,stage=\"prod\",tenant=\"acme\"} %d\n", objective, severity, holds)
			}
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "terrace_gateway_slo_burning"); err != nil {
			t.Error(err)
		}
	})
}

func TestASpecIsReadStrictly(t *testing.T) {
	t.Parallel()
	one := func(objective string) string { return `{"objectives": [` + objective + `]}` }
	for spec, want := range map[string]string{
		both: "", one(`{"indicatorRef": "availability", "target": 0.999}`): "",
		`{}`: "objectives", `{"objectives": []}`: "objectives",
		one(`{"indicatorRef": "freshness", "target": 0.9}`):                                                                     "objectives[0].indicatorRef",
		one(`{"indicatorRef": "availability", "target": 1}`):                                                                    "objectives[0].target",
		one(`{"indicatorRef": "availability"}`):                                                                                 "objectives[0].target",
		one(`{"indicatorRef": "availability", "target": 99.9}`):                                                                 "objectives[0].target",
		one(`{"indicatorRef": "availability", "target": 0.9, "targetPercent": 90}`):                                             "objectives[0].targetPercent",
		one(`{"indicatorRef": "availability", "target": 0.9, "value": "1s"}`):                                                   "objectives[0].value",
		one(`{"indicatorRef": "latency", "target": 0.9, "value": "300ms"}`):                                                     "objectives[0].op",
		one(`{"indicatorRef": "latency", "op": "gte", "target": 0.9, "value": "300ms"}`):                                        "objectives[0].op",
		one(`{"indicatorRef": "latency", "op": "lte", "target": 0.9, "value": "310ms"}`):                                        "objectives[0].value",
		one(`{"indicatorRef": "latency", "op": "lte", "target": 0.9}`):                                                          "objectives[0].value",
		one(`{"indicatorRef": "availability", "target": 0.9, "name": "x"}`):                                                     "objectives[0].name",
		one(`{"indicatorRef": "availability", "target": 0.9, "displayName": "a/b"}`):                                            "objectives[0].displayName",
		one(`{"indicatorRef": "availability", "target": 0.9}, {"indicatorRef": "availability", "target": 0.9}`):                 "objectives[1].displayName",
		`{"budgetingMethod": "Timeslices", ` + one(`{"indicatorRef": "availability", "target": 0.9}`)[1:]:                       "budgetingMethod",
		`{"timeWindow": [{"duration": "1d", "isRolling": true}], ` + one(`{"indicatorRef": "availability", "target": 0.9}`)[1:]: "timeWindow[0].duration",
		`{"timeWindow": [{"duration": "28d"}], ` + one(`{"indicatorRef": "availability", "target": 0.9}`)[1:]:                   "timeWindow[0].isRolling",
	} {
		_, err := slo.New().Compile(t.Context(), gateway.Policy{Name: "promise", Spec: json.RawMessage(spec)}, gateway.Attachment{})
		var paths []string
		if told, ok := errors.AsType[*kernel.Error](err); ok {
			for _, p := range told.Problems {
				paths = append(paths, p.Path)
			}
		}
		if want == "" && err != nil || want != "" && (len(paths) != 1 || paths[0] != want) {
			t.Errorf("%s: %v %v, want %s", spec, paths, err, want)
		}
	}
}
