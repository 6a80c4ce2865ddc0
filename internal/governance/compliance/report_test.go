package compliance_test

import (
	"context"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	oneDay = 24 * time.Hour
	mcsb   = "mcsb"
)

func (b *bench) report(t *testing.T, scope kernel.Scope, q compliance.ReportQuery) compliance.Report {
	t.Helper()
	r, err := b.Report(context.Background(), scope, q)
	must(t, err)
	return r
}

func control(t *testing.T, r compliance.Report, id string) compliance.Control {
	t.Helper()
	for _, c := range r.Controls {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no control %s", id)
	return compliance.Control{}
}

func TestAReportTellsEachControlAndHowItWent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(false))
		b.work(t)
		b.pass(2 * oneDay)
		b.apply(t, orders, open(true), open(true))
		b.apply(t, bills, open(false))
		b.work(t)
		b.pass(2 * oneDay)
		b.apply(t, orders, open(false))
		b.work(t)
		b.pass(oneDay)

		r := b.report(t, tenant, compliance.ReportQuery{Framework: mcsb, From: b.clock().Add(-6 * oneDay)})
		if c := control(t, r, "DP-3"); c.Outcome != compliance.Passing || len(c.Places) != 2 || c.Places[0].Project != "bank" {
			t.Fatalf("%+v", c)
		}
		if c := control(t, r, "GS-1"); c.Outcome != compliance.NotEvaluated || len(c.Policies) != 0 || len(c.Places) != 0 {
			t.Fatalf("no policy answers it: %+v", c)
		}
		if len(r.Controls) != 86 || r.Summary.Controls.NotEvaluated != 84 || r.Summary.Controls.Passing != 2 || r.Stacks != 2 {
			t.Fatalf("%d controls, %+v, %d stacks", len(r.Controls), r.Summary, r.Stacks)
		}
		var failing []int
		for _, p := range r.Trend {
			failing = append(failing, p.Controls.Failing)
		}
		if want := []int{0, 0, 0, 2, 2, 0, 0}; !equal(failing, want) {
			t.Fatalf("failing by day: %v, want %v", failing, want)
		}
		if first := r.Trend[0]; first.Controls.NotEvaluated != 86 || first.Day != "2026-02-28" {
			t.Fatalf("before anything was applied: %+v", first)
		}

		then := b.report(t, tenant, compliance.ReportQuery{Framework: mcsb, To: b.clock().Add(-2 * oneDay)})
		c := control(t, then, "NS-2")
		if c.Outcome != compliance.Failing || c.Findings != 2 || c.Resources != 2 || len(c.Places) != 2 || c.Places[1].Failing != 1 {
			t.Fatalf("%+v", c)
		}
	})
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestAReportIsNarrowedAndOfWhatItsReaderSees(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.apply(t, bills, open(false))
		b.work(t)
		if r := b.report(t, tenant, compliance.ReportQuery{Framework: "mcsb", Filter: compliance.Filter{Stage: "prod"}}); r.Stacks != 1 || r.Summary.Controls.Failing != 0 {
			t.Fatalf("%+v", r.Summary)
		}
		b.sees = []string{"bank"}
		if r := b.report(t, tenant, compliance.ReportQuery{Framework: "MCSB"}); r.Stacks != 1 || r.Summary.Controls.Failing != 0 {
			t.Fatalf("%+v", r.Summary)
		}
		if _, err := b.Report(context.Background(), shop, compliance.ReportQuery{Framework: mcsb}); !kernel.Is(err, kernel.Denied) {
			t.Fatalf("%v", err)
		}
	})
}

func TestReportsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		now := b.clock()
		for name, q := range map[string]compliance.ReportQuery{
			"no framework":         {Framework: "nist"},
			"a day to come":        {Framework: mcsb, To: now.Add(2 * oneDay)},
			"ends before it":       {Framework: mcsb, From: now, To: now.Add(-3 * oneDay)},
			"far too many days":    {Framework: mcsb, From: now.Add(-3000 * oneDay)},
			"an empty framework":   {},
			"one letter of a name": {Framework: "m"},
		} {
			if _, err := b.Report(context.Background(), tenant, q); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestWhatCannotBeEvaluatedFailsItsControls(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(false))
		b.work(t)
		b.mu.Lock()
		st := b.states[orders.Stack()]
		st.fails, st.version = kernel.Errorf(kernel.Unavailable, "the disk is gone"), "sv_9"
		b.states[orders.Stack()] = st
		b.mu.Unlock()
		must(t, b.db.InTx(context.Background(), func(ctx context.Context) error { return b.Applied(ctx, orders, false) }))
		b.work(t)
		if c := control(t, b.report(t, tenant, compliance.ReportQuery{Framework: mcsb}), "DP-3"); c.Outcome != compliance.Errored {
			t.Fatalf("%+v", c)
		}
	})
}

func TestHistoryIsKeptAsLongAsIsSaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.apply(t, orders, open(true))
		b.work(t)
		b.pass(oneDay)
		b.apply(t, orders, open(false))
		b.work(t)
		b.pass(40 * oneDay)
		must(t, b.Sweep(context.Background()))
		r := b.report(t, tenant, compliance.ReportQuery{Framework: mcsb, From: b.clock().Add(-41 * oneDay)})
		if r.Trend[0].Controls.Failing != 0 || r.Trend[0].Controls.NotEvaluated != 86 || r.Summary.Controls.Passing != 2 {
			t.Fatalf("%+v %+v", r.Trend[0], r.Summary)
		}
	})
}
