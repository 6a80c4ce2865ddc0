package focus

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Estate is what the platform knows of what it made.
type Estate interface {
	// Deployments returns what is deployed in a scope.
	Deployments(ctx context.Context, scope kernel.Scope) ([]Deployed, error)
	// Leftovers returns stacks that have resources and belong to no workload.
	Leftovers(ctx context.Context, scope kernel.Scope) ([]Leftover, error)
}

// Deployed is one workload on one stage.
type Deployed struct {
	Scope    kernel.Scope
	Workload string
	// Status is that of the deployment; AppliedAt is when it was last changed.
	Status    string
	AppliedAt time.Time
	// Stopped says that all of its containers are, since nobody starts them.
	Stopped bool
}

// Leftover is a stack whose state has resources and that is no deployment's.
type Leftover struct {
	Scope     kernel.Scope
	Workload  string
	Resources int
	Since     time.Time
}

// Estimates knows what was estimated before. nil knows nothing.
type Estimates interface {
	// Monthly returns what runs now.
	Monthly(ctx context.Context, scope kernel.Scope) ([]Estimate, error)
	// Estimated returns what ran between two moments of a month of UTC; what runs now is
	// taken to run on.
	Estimated(ctx context.Context, scope kernel.Scope, from, to time.Time) ([]Estimated, error)
}

// Estimated is what a workload on a stage was estimated to cost in a part of a month: its
// figures a month, each by the share of the month that it was in force.
type Estimated struct {
	Scope    kernel.Scope
	Workload string
	Currency string
	Cost     Amount
	// Unpriced counts what had no price at last and is in no figure.
	Unpriced int
}

// Estimate is what a workload on a stage is to cost a month.
type Estimate struct {
	Scope    kernel.Scope
	Workload string
	Currency string
	Monthly  Amount
	// Unpriced counts what has no price and is in no figure.
	Unpriced int
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
