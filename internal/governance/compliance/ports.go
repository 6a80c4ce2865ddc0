package compliance

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed are the projects of the tenant in which the actor of ctx may do the action; all
	// says that it may in every one.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal writes a fact in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in one transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Estate is what is applied.
type Estate interface {
	// Places returns what is deployed anywhere.
	Places(ctx context.Context) ([]Place, error)
	// Version names the state that is in force of a stack; NotFound where there is none.
	Version(ctx context.Context, p Place) (string, error)
	// Look returns what policies see of the state in force; of the version that is known,
	// unless that is "", its name alone. It is NotFound where there is none.
	Look(ctx context.Context, p Place, known string) (Subject, error)
}

// Subject is what policies see of a state.
type Subject struct {
	Version string
	Input   policy.Input
	// Secret is to be cut out of what policies say.
	Secret *conceal.Values
}

// Policies are those that hold.
type Policies interface {
	// Revision names all that decides on what is applied in a tenant at this moment:
	// rules, levels, assignments, exemptions.
	Revision(ctx context.Context, tenant string) (string, error)
	// Policies are all of them, with their controls.
	Policies(ctx context.Context) ([]policy.Policy, error)
	// Evaluate asks them, at the levels that hold or are proposed.
	Evaluate(ctx context.Context, q policy.Question) (policy.Report, error)
	// Assignments are those of the operator.
	Assignments() policy.Assignments
	// Compile reads policies that somebody offers; its errors have line and column.
	Compile(ctx context.Context, f policy.Folder) ([]policy.Policy, error)
}

// Stages knows which stages there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Load tells how busy this process is.
type Load interface {
	// Idle is how many more executions of terraform may begin now.
	Idle() int
}
