package fleet

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal writes a fact in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in one transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Fences refuses, as Stale, who acts on a stack with another fence than the current one.
type Fences interface {
	CheckFence(ctx context.Context, stack string, fence int64) error
}

// Logs takes what a runner tells of a run.
type Logs interface {
	// Append adds events to the log of a tenant's run.
	Append(ctx context.Context, tenant, run string, events []Event) error
	// Has returns how many of the events, from the first on, the log has already.
	Has(ctx context.Context, run string, events []Event) (int, error)
}

// States keeps a state that a runner could not store under the fence; one that was
// overtaken is Stale.
type States interface {
	Keep(ctx context.Context, stack string, fence int64, state io.Reader) error
}

// Blobs keeps jobs and plans while they are on their way.
type Blobs interface {
	sealedblob.Blobs

	Delete(ctx context.Context, key string) error
}

// Store keeps runners and assignments.
type Store interface {
	Registry
	Assignments
}

// Registry keeps runners.
type Registry interface {
	InsertRunner(ctx context.Context, r Runner, token kernel.Digest) error
	// SaveRunner is Stale where another has saved meanwhile.
	SaveRunner(ctx context.Context, r Runner) error
	RunnerByToken(ctx context.Context, token kernel.Digest) (Runner, error)
	RunnerByName(ctx context.Context, tenant, name string) (Runner, error)
	Runners(ctx context.Context, tenant string) ([]Runner, error)
	DeleteRunner(ctx context.Context, tenant, id string) error
}

// Assignments keeps what runners execute.
type Assignments interface {
	InsertAssignment(ctx context.Context, a Assignment) error
	// SaveAssignment is Stale where another has saved meanwhile.
	SaveAssignment(ctx context.Context, a Assignment) error
	Assignment(ctx context.Context, id string) (Assignment, error)
	// InState returns a tenant's assignments in the state, the oldest first.
	InState(ctx context.Context, tenant string, state State) ([]Assignment, error)
	// Latest returns the newest assignment of the run under the fence.
	Latest(ctx context.Context, run string, fence int64) (Assignment, error)
	// Unended returns assignments that were made before the time and have not
	// ended, the oldest first.
	Unended(ctx context.Context, before time.Time) ([]Assignment, error)
	// Forget removes assignments that ended before the time.
	Forget(ctx context.Context, before time.Time) (int, error)
}
