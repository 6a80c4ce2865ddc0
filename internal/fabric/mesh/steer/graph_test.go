package steer_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph/graphsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// readers may read what is of acme.
type readers struct{}

func (readers) Authorize(_ context.Context, _ string, scope kernel.Scope) error {
	if scope.Tenant != "acme" {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (readers) Check(string) error { return nil }

// entrance is a gateway with one route.
type entrance struct{}

func (entrance) Served(context.Context, traffic.Question) ([]traffic.Count, error) {
	var t traffic.Tally
	t.Places[0], t.Classes[2] = 7, 7
	return []traffic.Count{{Key: traffic.Key{Route: "shop"}, Tally: t}}, nil
}

func (entrance) Backends(kernel.Scope, string) (string, bool) { return "web", true }

func id(workload string) string {
	return "spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/" + workload
}

// TestTheGraphHasEachCallOnce has the tables as they are where the gateway's traffic has made them.
func TestTheGraphHasEachCallOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{trafficsql.Migrations(), graphsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		g := &graph.Service{Store: graphsql.NewStore(d), Tx: d, Gateway: entrance{}, Authorizer: readers{}, Stages: readers{}}
		p := newPlaneWith(t, g)
		p.say(t, strict, allow)
		p.beside(t, dev(), "orders", "one")
		web := p.beside(t, dev(), "web", "web")
		var asked, refused int64
		call := func(path string) int {
			status, _ := ask(t, web, "orders", path)
			if status != http.StatusNotFound { // it was told who answers
				asked++
			}
			if status == http.StatusForbidden {
				refused++
			}
			return status
		}
		eventually(t, "it is allowed", func() bool { return call("/orders/0") == http.StatusOK })
		for i := range 40 {
			call("/orders/" + strconv.Itoa(i))
		}
		for range 3 {
			call("/other")
		}
		p.stop()
		for i := range 20 {
			call("/orders/" + strconv.Itoa(i))
		}
		p.start(t)
		// What the callee has counted may come before the caller's own counts, which are told then.
		want := map[string][2]int64{"gateway web": {7, 0}, id("web") + " orders": {asked, refused}}
		eventually(t, "each is told once", func() bool { return maps.Equal(want, edges(t, g)) })
		if _, err := g.Look(t.Context(), kernel.Scope{Tenant: "globex", Project: "shop", Stage: "dev"}, time.Hour); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant: %v", err)
		}
	})
}

// TestWhatNobodyAnswersIsAnError of the service that was asked for.
func TestWhatNobodyAnswersIsAnError(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{trafficsql.Migrations(), graphsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		g := &graph.Service{Store: graphsql.NewStore(d), Tx: d, Gateway: entrance{}, Authorizer: readers{}, Stages: readers{}}
		p := newPlaneWith(t, g)
		p.say(t, routes)
		web := p.beside(t, dev(), "web", "web")
		if status, said := ask(t, web, "orders", "/"); status != http.StatusServiceUnavailable {
			t.Fatal(status, said)
		}
		if status, said := ask(t, web, "nowhere", "/"); status != http.StatusNotFound {
			t.Fatal(status, said)
		}
		eventually(t, "it is counted", func() bool { return edges(t, g)[id("web")+" orders"] == [2]int64{1, 0} })
		said, err := g.Look(t.Context(), dev(), time.Hour)
		must(t, err)
		if len(said.Edges) != 2 || said.Edges[1].Service != "orders" || said.Edges[1].ServerErrors != 1 {
			t.Errorf("%+v", said.Edges)
		}
	})
}

// edges are the calls, and those of them that were refused, by who called whom.
func edges(t *testing.T, g *graph.Service) map[string][2]int64 {
	t.Helper()
	said, err := g.Look(t.Context(), dev(), time.Hour)
	must(t, err)
	out := map[string][2]int64{}
	for _, e := range said.Edges {
		out[e.From+" "+e.To] = [2]int64{e.Requests, e.ClientErrors}
	}
	return out
}

func TestWhatNobodyCanHaveCountedIsRefused(t *testing.T) {
	t.Parallel()
	g := &graph.Service{Store: nowhere{}, Tx: nowhere{}, Domain: "localhost"}
	less := traffic.Tally{Nanos: -1}
	for reason, c := range map[string]graph.Call{
		"of another trust domain": {From: "spiffe://elsewhere/a"}, "of no workload": {Service: "orders", Version: "A/b"}, "of less than nothing": {From: id("web"), Tally: less},
	} {
		if err := g.Record(t.Context(), graph.Report{Scope: dev(), Workload: "orders", Process: "p", Number: 1}, []graph.Call{c}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestAReportOfTooMuchHidesNothing: what one workload says cannot take the graph from its stage.
func TestAReportOfTooMuchHidesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{graphsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		g := &graph.Service{Store: graphsql.NewStore(d), Tx: d, Gateway: entrance{}, Authorizer: readers{}, Stages: readers{}, Domain: "localhost"}
		record := func(number int64, workload string, calls ...graph.Call) error {
			return g.Record(t.Context(), graph.Report{Scope: dev(), Workload: workload, Process: "p", Number: number}, calls)
		}
		one := graph.Call{From: id("web")}
		one.Tally.Places[0] = 1
		must(t, record(1, "web", one))
		much := graph.Call{From: id("web")}
		much.Tally.Nanos = 1 << 52
		for number := range int64(4) {
			must(t, record(number+1, "orders", slices.Repeat([]graph.Call{much}, 1000)...))
		}
		if got := edges(t, g)[id("web")+" web"]; got != [2]int64{1, 0} {
			t.Errorf("of another workload it is told %v", got)
		}
		much.Tally.Nanos++
		if err := record(9, "orders", much); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("more than can be: %v", err)
		}
	})
}

// refusing is a store that does not take the first report, however often it comes.
type refusing struct {
	nowhere

	taken *atomic.Int64
}

func (r refusing) Take(_ context.Context, _ kernel.Scope, _, _ string, number int64, _ time.Time) (bool, error) {
	if number == 1 {
		return false, kernel.Errorf(kernel.Invalid, "not this one")
	}
	r.taken.Add(1)
	return true, nil
}

func TestAReportThatIsNotTakenHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	r := refusing{taken: &atomic.Int64{}}
	p := newPlaneWith(t, &graph.Service{Store: r, Tx: r})
	p.say(t, strict, allow)
	p.beside(t, dev(), "orders", "one")
	web := p.beside(t, dev(), "web", "web")
	eventually(t, "a later report is taken", func() bool {
		_, _ = ask(t, web, "orders", "/orders/1")
		return r.taken.Load() > 0
	})
}

func TestAReportFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	c := sidecar.Counted{From: "spiffe://" + long + "/tenant/" + long + "/project/" + long + "/stage/" + long + "/workload/" + long, Refused: true}
	for i := range c.Tally.Places {
		c.Tally.Places[i] = 100_000
	}
	c.Tally.Nanos, c.Tally.Bytes = 1<<52, 1<<52
	raw, err := json.Marshal(sidecar.Report{Process: long, Counted: slices.Repeat([]sidecar.Counted{c}, sidecar.MaxCounted)})
	if err != nil || len(raw) > 256<<10 {
		t.Errorf("a full report has %d bytes, %v", len(raw), err)
	}
}

func TestAnHourBeginsForEdgesThatAreCountedApart(t *testing.T) {
	t.Parallel()
	at, last := time.Unix(0, 0), ""
	g := &graph.Service{Store: seen{last: &last}, Tx: nowhere{}, Domain: "localhost", Clock: func() time.Time { return at }}
	record := func(n int) string {
		must(t, g.Record(t.Context(), graph.Report{Scope: dev(), Workload: "orders", Process: "p", Number: int64(n)}, []graph.Call{{From: id("w" + strconv.Itoa(n))}}))
		return last
	}
	for n := range 2000 {
		record(n)
	}
	must(t, g.Tidy(t.Context()))
	if got := record(2001); got != traffic.Others {
		t.Errorf("within the hour one more is %q", got)
	}
	at = at.Add(time.Hour)
	must(t, g.Tidy(t.Context()))
	if got := record(2002); got != id("w2002") {
		t.Errorf("in the next hour it is %q", got)
	}
}

// seen knows of whom was last counted.
type seen struct {
	nowhere

	last *string
}

func (s seen) Add(_ context.Context, all []traffic.Count) error {
	*s.last = all[0].Consumer
	return nil
}

func (seen) Tidy(context.Context, time.Time) error { return nil }
