package budget

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps all of the room; budgetsql implements it.
type Store interface {
	Budgets
	Ledger
	Reservations
}

// Budgets keeps budgets and what they were.
type Budgets interface {
	// Put writes a revision, which is the budget from now on, or its end. One that
	// exists already is a Conflict.
	Put(ctx context.Context, r Revision) error
	Get(ctx context.Context, tenant, name string) (Budget, error)
	// List returns the budgets of a tenant by name; those of all tenants where it is "".
	List(ctx context.Context, tenant string) ([]Budget, error)
	// Page returns up to so many budgets that are reached of the scope's tenant by name, from
	// the one after a name on; those that bound a project where the scope has one.
	Page(ctx context.Context, scope kernel.Scope, within kernel.Reach, after string, most int) ([]Budget, error)
	// History returns up to so many revisions of a budget that are reached, those before one,
	// the newest first.
	History(ctx context.Context, tenant, name string, within kernel.Reach, before int64, most int) ([]Revision, error)
	// Tell keeps that something was told of a budget; false where it was before.
	Tell(ctx context.Context, tenant, key string, at time.Time) (bool, error)
}

// Ledger keeps what runs was estimated to cost, over time.
type Ledger interface {
	// Lock lets nobody else decide for the tenant until the transaction ends, and
	// returns the latest moment at which somebody did.
	Lock(ctx context.Context, tenant string, now time.Time) (seen time.Time, err error)
	// See sets that moment.
	See(ctx context.Context, tenant string, at time.Time) error
	// Seen returns it; the zero time where there is none.
	Seen(ctx context.Context, tenant string) (time.Time, error)
	// Entries returns what has run since a moment, and what runs.
	Entries(ctx context.Context, tenant string, since time.Time) ([]Entry, error)
	// Enter ends the entry of the stack that runs on, and begins e.
	Enter(ctx context.Context, e Entry) error
	// Leave ends the entry of the stack that runs on.
	Leave(ctx context.Context, stack Stack, at time.Time) error
}

// Entry is what a stack is estimated to cost a month, while it runs as it does.
type Entry struct {
	Stack

	Since time.Time
	// Until is nil for what runs now.
	Until    *time.Time
	Currency string
	Monthly  focus.Amount
	// Unpriced counts what has no price, and is in no figure.
	Unpriced int
	Run      string
}

// Reservations keeps what runs on their way are going to add.
type Reservations interface {
	// Reserve writes what is reserved for a run. One whose apply has begun stays so.
	Reserve(ctx context.Context, r Reservation) error
	// Reservation returns that of a run, or NotFound.
	Reservation(ctx context.Context, run string) (Reservation, error)
	// Reserved returns those of a tenant, of all where it is "".
	Reserved(ctx context.Context, tenant string) ([]Reservation, error)
	// Refuse removes that of a run, unless its apply has begun.
	Refuse(ctx context.Context, run string) error
	// Release removes that of a run, if there is one.
	Release(ctx context.Context, run string) error
}

// Reservation is what a run on its way will have its stack cost a month.
type Reservation struct {
	Stack

	Run           string
	Currency      string
	Before, After focus.Amount
	Unpriced      int
	// Held is whether a budget holds it: until somebody overrides that, or its apply
	// begins, it takes no room away from others.
	Held bool
	// Applying is whether its apply has begun.
	Applying bool
}
