package automation

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps rules and firings; automationsql implements it.
type Store interface {
	Rules
	Cursors
	Firings
}

// Rules keeps rules.
type Rules interface {
	// Put keeps a rule, replacing the one of its name.
	Put(ctx context.Context, r Rule) error
	Get(ctx context.Context, scope kernel.Scope, name string) (Rule, error)
	// ByID returns a rule of a tenant by its id, or NotFound.
	ByID(ctx context.Context, tenant, id string) (Rule, error)
	List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Rule], error)
	// Count holds the tenant's number until the end of the transaction.
	Count(ctx context.Context, tenant string) (int, error)
	// Delete removes a rule with its history.
	Delete(ctx context.Context, scope kernel.Scope, id string) error
	// All returns the rules of every tenant.
	All(ctx context.Context) ([]Rule, error)
}

// Cursors keeps how far the log of events was read.
type Cursors interface {
	// Cursor is the sequence of the last event that was looked at; ok is false
	// before the first.
	Cursor(ctx context.Context) (sequence uint64, ok bool, err error)
	// SetCursor keeps how far a process has looked; one that is behind changes nothing.
	SetCursor(ctx context.Context, sequence uint64) error
}

// Firings keeps what rules were for and what became of it.
type Firings interface {
	Work
	// History returns the newest firings of a rule first.
	History(ctx context.Context, rule string, outcome Outcome, page kernel.PageRequest) (kernel.Page[Firing], error)
	// Forget removes firings that ended before a time.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Work keeps what rules have to do.
type Work interface {
	// Fire keeps a firing; false where the rule has had the event already.
	Fire(ctx context.Context, f Firing) (bool, error)
	// Waiting returns the oldest that are to be done.
	Waiting(ctx context.Context, limit int) ([]Firing, error)
	// Begin marks one as working; false where another process has it.
	Begin(ctx context.Context, f Firing) (bool, error)
	End(ctx context.Context, f Firing) error
	// Interrupt ends those that were begun before a time and have no end.
	Interrupt(ctx context.Context, before, now time.Time, why string) (int, error)
	// Acted counts what a rule has done, or will do, since a time.
	Acted(ctx context.Context, rule string, since time.Time) (int, error)
	// Depth is the largest depth of the firings of an event, or of those with a
	// result; ok is false where there is none.
	Depth(ctx context.Context, tenant, event, result string) (depth int, ok bool, err error)
}

// Events is the log of events.
type Events interface {
	Bounds(ctx context.Context) (event.Bounds, error)
	Follow(after uint64) *event.Follower
	Make(ctx context.Context, f kernel.Fact) (event.Event, error)
}

// Request is an action for the room that does it.
type Request struct {
	Scope    kernel.Scope
	Workload string
	Release  string
	Reason   string
}

// Runs plans and promotes; each returns the id of the run.
type Runs interface {
	Plan(ctx context.Context, r Request) (string, error)
	Promote(ctx context.Context, r Request) (string, error)
}

// Drift looks for what was changed outside; it returns the checks' ids.
type Drift interface {
	Check(ctx context.Context, r Request) (string, error)
}

// Notifier sends an event to a subscription's sink.
type Notifier interface {
	Notify(ctx context.Context, scope kernel.Scope, subscription string, e event.Event) (answer string, err error)
}

// Authors knows who applied rules.
type Authors interface {
	// Acting returns the user, or an error for one who is gone or disabled.
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
