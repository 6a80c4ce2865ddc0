package drift

import (
	"context"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's project that is, to narrow lists by.
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

// Stages is the set of stages.
type Stages interface {
	All() []stage.Stage
	Get(name string) (stage.Stage, error)
}

// Question is one look at a stack.
type Question struct {
	// Check is the id of the check.
	Check    string
	Scope    kernel.Scope
	Workload string
}

// Sight is what a look at a stack saw.
type Sight struct {
	// Release is the id of the release that is deployed.
	Release string
	// AppliedAt is when a run changed the stack last.
	AppliedAt time.Time
	// Outside is the plan that has what was changed outside as its drift.
	Outside *tfjson.Plan
	// Next is what the next run of the release would do; nil where NextError says
	// why that is not to be had.
	Next      *tfjson.Plan
	NextError error
	// Nodes tell which resource and definition the modules of the root module serve, by their names.
	Nodes map[string]Node
}

// Node is what a module of the root module is there for.
type Node struct {
	Resource   string
	Definition string
	Module     string
	Version    string
}

// Inspector looks at what is there, and changes nothing.
type Inspector interface {
	// Inspect is Locked while a run works on the stack, Stale when one took it
	// over meanwhile, and NotFound where nothing is deployed. say gets what it
	// is doing, for people.
	Inspect(ctx context.Context, q Question, say func(string)) (Sight, error)
}

// Runs queues the runs that carry out decisions, with the rights of the actor
// of ctx and in its transaction, and returns their ids.
type Runs interface {
	// Redeploy queues a run of the release that is deployed.
	Redeploy(ctx context.Context, scope kernel.Scope, workload, reason string) (run string, err error)
	// Refresh queues a run that takes what is there at the addresses into the state.
	Refresh(ctx context.Context, scope kernel.Scope, workload string, addresses []string, reason string) (run string, err error)
}

// Deployed is one workload on one stage.
type Deployed struct {
	Scope    kernel.Scope
	Workload string
}

// Stack returns the id of its stack.
func (d Deployed) Stack() string { return kernel.StackID(d.Scope, d.Workload) }

// Deployments knows what is deployed.
type Deployments interface {
	// Deployed returns what is in the scope, of one workload unless it is "", of
	// one stage where the scope has one. An empty scope is all of every tenant.
	Deployed(ctx context.Context, scope kernel.Scope, workload string) ([]Deployed, error)
}

// ActivityQuery asks who changed a resource.
type ActivityQuery struct {
	Scope    kernel.Scope
	Stage    stage.Stage
	Workload string
	Address  string
	Type     string
	// Action is changed or deleted.
	Action string
	// ResourceID is the target's id of the resource, "" where it has none.
	ResourceID string
	// Since and Until bound the time.
	Since, Until time.Time
}

// ActivityLog tells who changed what on a target.
type ActivityLog interface {
	// Who returns the changes of a resource, the newest first. It is NotFound
	// where the target keeps no log, with a message for people.
	Who(ctx context.Context, q ActivityQuery) ([]Activity, error)
}

// Load tells how busy the executors of this process are.
type Load interface {
	// Idle is how many more executions of terraform may begin now.
	Idle() int
}
