package budget

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bills knows what was really paid.
type Bills interface {
	// Paid returns what a month, 2026-01, came to by whom. It asks nobody.
	Paid(ctx context.Context, tenant, month string) (focus.Paid, error)
}

// Estate knows what is deployed.
type Estate interface {
	// Deployed returns the stacks of a tenant. It asks nobody.
	Deployed(ctx context.Context, tenant string) ([]Stack, error)
	// Underway returns those of the runs that have not ended, of any tenant.
	Underway(ctx context.Context, runs []string) ([]string, error)
}

// Runs knows the runs that wait for people.
type Runs interface {
	// Reconsider has those of a tenant that a budget holds planned again.
	Reconsider(ctx context.Context, tenant, budget, why string) error
}

// Stages knows which stages there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Stack is a workload on a stage.
type Stack struct {
	Scope    kernel.Scope
	Workload string
}

// ID is the stack's: tenant/project/workload/stage.
func (s Stack) ID() string { return kernel.StackID(s.Scope, s.Workload) }

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
