package complianceapi

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
)

//go:embed report.html
var page string

// writeHTML writes a page that needs nothing else.
func writeHTML(w io.Writer, r compliance.Report) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"day":   func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"words": func(o compliance.Outcome) string { return strings.ReplaceAll(string(o), "-", " ") },
		"chart": chart,
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// The size of the chart.
const width, height = 720, 120

// bar is a day of the chart: from the bottom what passes, fails and errs.
type bar struct {
	X, W                 string
	PassY, PassH         string
	FailY, FailH         string
	ErrY, ErrH, ExY, ExH string
	Title                string
}

// chart are the bars of the trend, of the controls that were evaluated.
func chart(points []compliance.Point) []bar {
	most := 1
	for _, p := range points {
		most = max(most, evaluated(p))
	}
	bars := make([]bar, len(points))
	for i, p := range points {
		step := float64(width) / float64(len(points))
		b := bar{X: number(float64(i) * step), W: number(step * 0.9), Title: fmt.Sprintf("%s: %d passing, %d failing, %d exempted, %d errors", p.Day, p.Controls.Passing, p.Controls.Failing, p.Controls.Exempted, p.Controls.Error)}
		bottom := float64(height)
		part := func(n int) (y, h string) {
			tall := float64(height) * float64(n) / float64(most)
			bottom -= tall
			return number(bottom), number(tall)
		}
		b.PassY, b.PassH = part(p.Controls.Passing)
		b.ExY, b.ExH = part(p.Controls.Exempted)
		b.ErrY, b.ErrH = part(p.Controls.Error)
		b.FailY, b.FailH = part(p.Controls.Failing)
		bars[i] = b
	}
	return bars
}

func evaluated(p compliance.Point) int {
	return p.Controls.Passing + p.Controls.Failing + p.Controls.Exempted + p.Controls.Error
}

func number(f float64) string { return fmt.Sprintf("%.2f", f) }
