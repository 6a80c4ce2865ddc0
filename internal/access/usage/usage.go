// Package usage meters what tenants use, in windows of an hour.
//
// It owns the windows and who may see them. It does not own runs, stacks or what is
// stored: other rooms tell. It bounds nothing; access/quota does.
package usage

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Metric is what is metered.
type Metric string

// What is metered. Gauges are looked at when an hour is over; the greatest one counts in
// longer windows, while the others are summed up.
const (
	// Runs are those that ended, dry ones and failed ones too; RunTime is how long they
	// were executed, and PlanTime and ApplyTime parts of that.
	Runs      Metric = "runs"
	RunTime   Metric = "run-seconds"
	PlanTime  Metric = "plan-seconds"
	ApplyTime Metric = "apply-seconds"
	// Requests are those with a sign-in that were taken.
	Requests Metric = "requests"
	// ActiveUsers are people and programs that sent requests, a gauge.
	ActiveUsers Metric = "active-users"
	// StoredBytes and Stacks are gauges.
	StoredBytes Metric = "stored-bytes"
	Stacks      Metric = "stacks"
)

// Metrics returns everything that is metered.
func Metrics() []Metric {
	return []Metric{Runs, RunTime, PlanTime, ApplyTime, Requests, ActiveUsers, StoredBytes, Stacks}
}

// Unit returns what a quantity of the metric counts.
func (m Metric) Unit() string {
	switch m {
	case RunTime, PlanTime, ApplyTime:
		return "Seconds"
	case StoredBytes:
		return "Bytes"
	default:
		return "Count"
	}
}

// Amount is how much was used in an hour. Times are in milliseconds.
type Amount struct {
	// Scope is that of a tenant, a project or a stage of it.
	Scope    kernel.Scope
	Hour     time.Time
	Metric   Metric
	Quantity int64
}

// Row is how much was used in a window.
type Row struct {
	Tenant  string    `json:"tenant"`
	Project string    `json:"project,omitempty" doc:"Absent for what belongs to the whole tenant."`
	Stage   string    `json:"stage,omitempty"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Metric  Metric    `json:"metric"`
	// Quantity is in Unit.
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
}

// Window is how long the windows of an answer are.
type Window string

// The windows.
const (
	Hour  Window = "hour"
	Day   Window = "day"
	Month Window = "month"
)

// Windows returns every window.
func Windows() []Window { return []Window{Hour, Day, Month} }

// Progress is how far runs are metered, and the first hour that is open.
type Progress struct {
	// Position is a place in the log of events.
	Position uint64
	Hour     time.Time
}

// Store keeps usage.
type Store interface {
	// Progress returns NotFound before Begin.
	Progress(ctx context.Context) (Progress, error)
	// Begin keeps the first one, unless another process was first.
	Begin(ctx context.Context, p Progress) error
	// Swap writes p if the stored one still is old, else it is Stale.
	Swap(ctx context.Context, old, p Progress) error
	// Add adds to what is kept of the same scope, hour and metric.
	Add(ctx context.Context, all []Amount) error
	// AddActors keeps who was active in an hour, each once; Actors counts them by tenant,
	// and forgets them.
	AddActors(ctx context.Context, hour time.Time, actors []Actor) error
	Actors(ctx context.Context, hour time.Time) (map[string]int64, error)
	// OfHour returns all of an hour, by tenant, project, stage and metric.
	OfHour(ctx context.Context, hour time.Time) ([]Amount, error)
	// Rows returns what a tenant used in a month, by window.
	Rows(ctx context.Context, scope kernel.Scope, month time.Time, by Window, page kernel.PageRequest) (kernel.Page[Row], error)
}

// Actor is somebody who was active.
type Actor struct{ Tenant, ID string }

// Ended is a run that ended.
type Ended struct {
	// Scope names its stage.
	Scope kernel.Scope
	At    time.Time
	// Total is how long it was executed, Plan and Apply are parts of that.
	Total, Plan, Apply time.Duration
}

// Sources tell what is used.
type Sources interface {
	// Last returns the place of the newest event.
	Last(ctx context.Context) (uint64, error)
	// Ended returns runs that ended after a place in the log of events, a bounded number,
	// and the place that is looked at then: the same one where there is nothing new.
	Ended(ctx context.Context, after uint64) (all []Ended, upTo uint64, err error)
	// Gauges returns how much there is, of all tenants; Hour is not set.
	Gauges(ctx context.Context) ([]Amount, error)
}
