package slo

import (
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// Status is how an objective of a route is doing.
type Status struct {
	Tenant  string `json:"tenant"`
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Route   string `json:"route"`
	// Policy is the document that promises it.
	Policy    string  `json:"policy" doc:"The name of the document that promises it."`
	Objective string  `json:"objective"`
	Indicator string  `json:"indicator" doc:"availability or latency."`
	Threshold float64 `json:"threshold,omitempty" doc:"That of a latency, in seconds."`
	Target    float64 `json:"target" doc:"The share that is promised, 0 to 1."`
	Window    string  `json:"window" doc:"Over how many days: 7d, 28d or 30d."`
	Requests  int64   `json:"requests" doc:"Requests in the window."`
	Bad       int64   `json:"bad" doc:"Requests of those that did not do."`
	Share     float64 `json:"share" doc:"The share that did, 0 to 1; 1 where there were none."`
	Left      float64 `json:"budgetLeft" doc:"The share of the error budget that is left; below 0 the promise is broken."`
	Burns     []Burn  `json:"burns"`
	// Burning is the most urgent severity that holds.
	Burning string     `json:"burning,omitempty" doc:"page or ticket where an alert holds."`
	Since   *time.Time `json:"since,omitempty" doc:"Since when it does."`
}

// mark says which alert of those that hold is the most urgent.
func (x *Status) mark(alerts []Alert) {
	for _, severity := range []string{Ticket, Page} {
		for _, a := range alerts {
			if a.key() == x.alert(severity) {
				since := a.Since
				x.Burning, x.Since = severity, &since
			}
		}
	}
}

func (x *Status) alert(severity string) Alert {
	return Alert{Tenant: x.Tenant, Project: x.Project, Stage: x.Stage, Route: x.Route, Objective: x.Objective, Severity: severity}
}

// burning tells whether a severity holds now.
func (x *Status) burning(severity string) bool {
	return slices.ContainsFunc(x.Burns, func(b Burn) bool { return b.Severity == severity && b.Burning })
}

// told is what an event says.
func (x *Status) told(a Alert) map[string]any {
	data := map[string]any{
		"route": a.Route, "objective": a.Objective, "severity": a.Severity, "since": a.Since.UTC().Format(time.RFC3339),
		"budgetLeft": fmt.Sprintf("%.4f", x.Left), "target": fmt.Sprintf("%g", x.Target), "window": x.Window,
	}
	if i := x.decides(a.Severity); i >= 0 {
		b := x.Burns[i]
		data["long"], data["short"], data["burnLong"], data["burnShort"] = b.Long, b.Short, fmt.Sprintf("%.2f", b.OfLong), fmt.Sprintf("%.2f", b.OfShort)
	}
	return data
}

// decides returns the place of the burn rate that a severity is told with: the first
// that is above its factor, else the first; -1 for none.
func (x *Status) decides(severity string) int {
	if i := slices.IndexFunc(x.Burns, func(b Burn) bool { return b.Severity == severity && b.Burning }); i >= 0 {
		return i
	}
	return slices.IndexFunc(x.Burns, func(b Burn) bool { return b.Severity == severity })
}

func (o Objective) status(k traffic.Key, policy string, of func(time.Duration) Counted) Status {
	whole := of(o.Span)
	return Status{
		Tenant: k.Tenant, Project: k.Project, Stage: k.Stage, Route: k.Route, Policy: policy, Objective: o.Name, Indicator: o.Indicator, Threshold: o.Threshold.Seconds(),
		Target: o.Target, Window: o.Window, Requests: whole.Total, Bad: whole.Bad, Share: 1 - whole.share(), Left: o.left(whole), Burns: o.burns(of),
	}
}
