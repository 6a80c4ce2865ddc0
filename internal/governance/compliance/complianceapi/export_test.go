package complianceapi

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
)

func example() compliance.Report {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return compliance.Report{
		Framework: "mcsb", Name: "Benchmark <script>alert(1)</script>", From: at, To: at, Project: `=1+1"><b>`,
		Trend: []compliance.Point{{Day: "2026-03-01", Controls: compliance.Counts{Passing: 1, Failing: 1}}},
		Controls: []compliance.Control{
			{ID: "=cmd", Outcome: compliance.Failing, Policies: []string{"p"}, Places: []compliance.ControlPlace{{Project: "@shop", Stage: "-dev", Outcome: compliance.Failing, Stacks: 2, Failing: 1, Findings: 3}}},
			{ID: "GS-1", Outcome: compliance.NotEvaluated, Policies: []string{}},
		},
	}
}

func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := writeCSV(&out, example()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v: %v", err, rows)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
	if rows[2][5] != "not-evaluated" || rows[1][9] != "3" {
		t.Fatalf("%v", rows)
	}
}

func TestHTMLIsWholeAndEscaped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := writeHTML(&out, example()); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, never := range []string{"<script", "<b>", "http://", "https://", " src=", "@import"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
	for _, want := range []string{`<html lang="en">`, "<caption>", `scope="col"`, `role="img"`, "@media print", "no policy answers it", "&lt;script&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
