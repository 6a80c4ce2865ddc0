package drift

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Turn is when a stack is to be checked that the schedule does not have yet.
type Turn struct {
	Deployed

	Due time.Time
}

// Watches keep the schedule. They are the platform's: only Get takes a scope
// because people ask for it.
type Watches interface {
	// Watch adds stacks unless they are there.
	Watch(ctx context.Context, all ...Turn) error
	// Reschedule moves a stack that nobody checks to a moment.
	Reschedule(ctx context.Context, stack string, due time.Time) error
	// Unwatch removes a stack.
	Unwatch(ctx context.Context, stack string) error
	// Watched returns a stack, or NotFound.
	Watched(ctx context.Context, stack string) (Watch, error)
	// Watching returns all stacks after one, in their order, a bounded number.
	Watching(ctx context.Context, after string) ([]Watch, error)
	// Due returns stacks whose moment has come, the longest due first.
	Due(ctx context.Context, now time.Time, limit int) ([]Watch, error)
	// Soonest returns when the next stack is due; ok is false for none.
	Soonest(ctx context.Context) (at time.Time, ok bool, err error)
	// SwapWatch writes w over old: due and claim must still be old's, else it is Stale.
	SwapWatch(ctx context.Context, old, w Watch) error
}

// Checks keep what was looked at.
type Checks interface {
	PutCheck(ctx context.Context, c Check) error
	// Check returns one check of the scope's project, or NotFound.
	Check(ctx context.Context, scope kernel.Scope, id string) (Check, error)
	// PruneChecks keeps the newest checks of a stack.
	PruneChecks(ctx context.Context, stack string, keep int) error
}

// Filter narrows a list of findings; empty fields do not.
type Filter struct {
	Workload string
	Stage    string
	// Status is one status; empty is all but resolved.
	Status   Status
	Severity Severity
	// All has resolved ones, too.
	All bool
}

// Findings keep drift.
type Findings interface {
	Insert(ctx context.Context, d Drift) error
	// Save writes d if its revision is still the stored one, else it is Stale.
	Save(ctx context.Context, d Drift) error
	// Get returns a finding of the scope's project, or NotFound.
	Get(ctx context.Context, scope kernel.Scope, id string) (Drift, error)
	// List returns the newest first.
	List(ctx context.Context, scope kernel.Scope, within kernel.Reach, f Filter, page kernel.PageRequest) (kernel.Page[Drift], error)
	// Unresolved returns those of a stack that are not resolved.
	Unresolved(ctx context.Context, stack string) ([]Drift, error)
	// Ended returns the newest of a stack that are resolved, a bounded number.
	Ended(ctx context.Context, stack string) ([]Drift, error)
	// Expired returns ignored findings of all tenants whose ignore has ended, a bounded number.
	Expired(ctx context.Context, now time.Time) ([]Drift, error)
	// Counts counts the unresolved findings of a project.
	Counts(ctx context.Context, scope kernel.Scope, within kernel.Reach) ([]Count, error)
}

// Count is how many findings of one severity and status a workload has on a stage.
type Count struct {
	Workload string   `json:"workload"`
	Stage    string   `json:"stage"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	Count    int      `json:"count"`
}

// Store is all that the room keeps.
type Store interface {
	Watches
	Checks
	Findings
}
