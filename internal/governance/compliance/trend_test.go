package compliance_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// history is a compliance.Store of spans alone, that counts how often they are read.
type history struct {
	compliance.Store

	spans []compliance.Span
	reads int
}

func (h *history) Spans(_ context.Context, _ compliance.Sight, _ compliance.Filter, _, _ time.Time, each func(compliance.Span) error) error {
	h.reads++
	for _, s := range h.spans {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// long is a history of stacks that change each few days, and its service.
func long(t testing.TB, stacks, days int) (*history, *compliance.Service, time.Time) {
	t.Helper()
	end := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	h := &history{}
	words := []compliance.Words{
		{"closed": {Outcome: compliance.Failing, Findings: 2, Resources: 1}},
		{"closed": {Outcome: compliance.Passing}},
		{"closed": {Outcome: compliance.Errored}},
		{"closed": {Outcome: compliance.Exempted, Exempted: 3}},
		{},
	}
	for i := range stacks {
		at := end.Add(-time.Duration(days)*oneDay + time.Duration(i)*time.Hour)
		for n := 0; at.Before(end); n++ {
			until := at.Add(time.Duration(1+(i+n)%5)*oneDay + time.Duration(n%7)*time.Hour)
			if !until.Before(end) {
				until = compliance.Open()
			}
			h.spans = append(h.spans, compliance.Span{
				ID: fmt.Sprint(i, n), Place: compliance.Place{Scope: kernel.Scope{Tenant: "acme", Project: fmt.Sprint("p", i%3), Stage: "dev"}}, Since: at, Until: until, Words: words[(i+n)%len(words)],
			})
			at = until
		}
	}
	set, err := compiled(closed)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{sees: []string{""}, set: set}
	s, err := compliance.New(compliance.Config{
		Tx: &db.DB{}, Store: h, Authorizer: b, Journal: b, Estate: b, Policies: policies{b}, Stages: b, Load: b,
		Every: 24 * time.Hour, Keep: 900 * 24 * time.Hour, Clock: func() time.Time { return end },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, s, end
}

// A report over many days reads the history once, and each of its days is what a
// report of that day alone says.
func TestAReportOverManyDaysReadsTheHistoryOnce(t *testing.T) {
	t.Parallel()
	h, s, end := long(t, 7, 60)
	r, err := s.Report(context.Background(), tenant, compliance.ReportQuery{Framework: mcsb, From: end.Add(-50 * oneDay)})
	if err != nil || len(r.Trend) != 51 || h.reads != 1 {
		t.Fatalf("%d days, %d reads, %v", len(r.Trend), h.reads, err)
	}
	for i, p := range r.Trend {
		at := end.Add(time.Duration(i-50) * oneDay)
		one, err := s.Report(context.Background(), tenant, compliance.ReportQuery{Framework: mcsb, From: at, To: at})
		if err != nil || one.Summary != p {
			t.Errorf("%s: %+v, alone %+v, %v", p.Day, p, one.Summary, err)
		}
	}
}

// BenchmarkAReportOfTwoYears is one of 200 stacks that change each three days.
func BenchmarkAReportOfTwoYears(b *testing.B) {
	_, s, end := long(b, 200, 730)
	for b.Loop() {
		if _, err := s.Report(context.Background(), tenant, compliance.ReportQuery{Framework: mcsb, From: end.Add(-729 * oneDay)}); err != nil {
			b.Fatal(err)
		}
	}
}
