package focus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// season has ten weeks up to 2026-11-08 in which weekends cost less; change may
// alter a day.
func season(change func(day string, cost float64) float64) string {
	var rows []row
	begin := time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC)
	for i := range 70 {
		at := begin.AddDate(0, 0, i)
		cost := 100 + float64(i%5)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			cost = 20 + float64(i%3)
		}
		day := at.Format(time.DateOnly)
		rows = append(rows, row{cost: fmt.Sprint(change(day, cost)), month: day[:7], day: day, tags: tags("shop", "prod")})
	}
	return file(rows...)
}

func TestAnomalies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		found := func() (all []string) {
			got, err := b.Anomalies(ada(), acme.InProject("shop"), focus.Looking{})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range got {
				all = append(all, fmt.Sprintf("%s %s %s/%s %s for %s, %s of %d", a.Day, a.Direction, a.Project, a.Stage, a.Actual.Cents(), a.Expected.Cents(), a.Method, a.Samples))
			}
			return all
		}
		b.take(t, season(func(_ string, cost float64) float64 { return cost }), focus.ImportRequest{})
		same(t, "nothing out of line", found(), nil)

		b.take(t, season(func(day string, cost float64) float64 {
			switch day {
			case "2026-10-31": // a Saturday that costs what a Monday does
				return 101
			case "2026-11-03":
				return 0
			case "2026-11-08": // the last day may come later
				return 0
			}
			return cost
		}), focus.ImportRequest{})
		want := []string{"2026-11-03 below shop/prod 0.00 for 102.00, weekday of 8", "2026-10-31 above shop/prod 101.00 for 21.00, weekday of 8"}
		same(t, "two days", found(), want)
		same(t, "again", found(), want)
		same(t, "each is told once", b.rooms.types(), []string{"cost.imported", "cost.imported", "cost.anomaly_found", "cost.anomaly_found"})
		b.take(t, file(row{cost: "5", account: "other"}), focus.ImportRequest{})
		same(t, "and not again", b.rooms.types()[4:], []string{"cost.imported"})
		if got, err := b.Anomalies(ada(), acme.InProject("news"), focus.Looking{}); err != nil || len(got) != 0 {
			t.Errorf("another project sees %v, %v", got, err)
		}
		if got, err := b.Anomalies(ada(), acme, focus.Looking{Minimum: 1000}); err != nil || len(got) != 0 {
			t.Errorf("under the minimum: %v, %v", got, err)
		}
	})
}

func TestIdle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, october(), focus.ImportRequest{})
		at := func(project, stage string) kernel.Scope {
			return kernel.Scope{Tenant: "acme", Project: project, Stage: stage}
		}
		b.rooms.deployed = []focus.Deployed{
			{Scope: at("shop", "dev"), Workload: "web", AppliedAt: clock().AddDate(0, 0, -90), Status: "verified"},
			{Scope: at("shop", "prod"), Workload: "web", AppliedAt: clock().AddDate(0, 0, -1), Status: "verified", Stopped: true},
		}
		b.rooms.left = []focus.Leftover{{Scope: at("old", "dev"), Workload: "web", Resources: 3, Since: clock()}}
		r, err := b.Idle(ada(), acme, 0)
		if err != nil || r.Month != "2026-10" {
			t.Fatal(r, err)
		}
		var got []string
		for _, f := range r.Findings {
			got = append(got, fmt.Sprintf("%s %s/%s %s %v", f.Kind, f.Project, f.Stage, f.Workload, f.Costs))
		}
		same(t, "idle", got, []string{
			"unknown news/prod  [{EUR 10.00} {USD 8.00}]", "leftover old/dev web []", "quiet shop/dev  [{EUR 30.00}]", "stopped shop/prod web []",
		})
	})
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		calls := map[string]func() error{
			"cost.import": func() error { _, err := b.Import(ada(), acme, nil, focus.ImportRequest{}); return err },
			"cost.rules":  func() error { _, err := b.SetRules(ada(), acme, "", nil); return err },
			"cost.read":   func() error { _, err := b.Idle(ada(), acme, 1); return err },
		}
		for action, call := range calls {
			b.rooms.denied = action
			if err := call(); !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s: %v", action, err)
			}
		}
	})
}
