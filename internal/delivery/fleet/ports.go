package fleet

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
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
	Append(ctx context.Context, run string, events []Event) error
}

// States keeps a state that a runner could not store.
type States interface {
	Keep(ctx context.Context, stack string, state io.Reader) error
}

// Sealer encrypts what is kept.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Blobs keeps jobs and plans while they are on their way.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	Get(ctx context.Context, key string) (io.ReadCloser, error)
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
	// Worked reports whether a runner of the name ever had an assignment of the stack.
	Worked(ctx context.Context, tenant, name, stack string) (bool, error)
	// Forget removes assignments that ended before the time.
	Forget(ctx context.Context, before time.Time) (int, error)
}
