package slo

import (
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Severities of alerts.
const (
	// Page wakes somebody up.
	Page = "page"
	// Ticket is for the next day.
	Ticket = "ticket"
)

// rule is one of the alerts on burn rates over several windows, as the workbook of
// Google's site reliability engineers has them: the long window says that it matters,
// the short one that it goes on.
type rule struct {
	long, short time.Duration
	factor      float64
	severity    string
}

func rules() []rule {
	return []rule{
		{time.Hour, 5 * time.Minute, 14.4, Page},
		{6 * time.Hour, 30 * time.Minute, 6, Page},
		{72 * time.Hour, 6 * time.Hour, 1, Ticket},
	}
}

// Counted is how many requests there were, and how many of them did not do.
type Counted struct{ Total, Bad int64 }

// count counts what an objective is about.
func (o Objective) count(t *traffic.Tally) Counted {
	c := Counted{Total: t.Requests(), Bad: t.Classes[5]}
	if o.Indicator == Latency {
		c.Bad = c.Total - t.Within(o.Threshold)
	}
	return c
}

// share is that of the requests that did not do.
func (c Counted) share() float64 {
	if c.Total == 0 {
		return 0
	}
	return float64(c.Bad) / float64(c.Total)
}

// burn is how fast the error budget goes: 1 uses it up in just the window.
func (o Objective) burn(c Counted) float64 { return c.share() / (1 - o.Target) }

// left is which share of the error budget is left; below 0 the promise is broken.
func (o Objective) left(c Counted) float64 { return 1 - o.burn(c) }

// Burn is a burn rate over two windows.
type Burn struct {
	Severity string  `json:"severity" doc:"page or ticket."`
	Long     string  `json:"long" doc:"The long window."`
	Short    string  `json:"short" doc:"The short window, which says that it goes on."`
	Factor   float64 `json:"factor" doc:"What both rates are above where the alert holds."`
	OfLong   float64 `json:"ofLong" doc:"The burn rate of the long window: 1 uses the error budget up in just the window of the objective."`
	OfShort  float64 `json:"ofShort" doc:"As ofLong, of the short window."`
	Burning  bool    `json:"burning"`
}

// burns looks at all rules; of is what was counted in the time before now.
func (o Objective) burns(of func(time.Duration) Counted) []Burn {
	var out []Burn
	for _, r := range rules() {
		b := Burn{Severity: r.severity, Long: inWords(r.long), Short: inWords(r.short), Factor: r.factor, OfLong: o.burn(of(r.long)), OfShort: o.burn(of(r.short))}
		b.Burning = b.OfLong > r.factor && b.OfShort > r.factor
		out = append(out, b)
	}
	return out
}

// inWords writes a window as Prometheus does: 5m, 6h, 3d.
func inWords(d time.Duration) string {
	switch {
	case d >= 72*time.Hour:
		return "3d"
	case d < time.Hour:
		return d.Truncate(time.Minute).String()[:len(d.String())-2]
	}
	return d.String()[:len(d.String())-4]
}
