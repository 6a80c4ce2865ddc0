package compliance

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Watch is the place of one stack in the schedule.
type Watch struct {
	Place

	// Due is when it is to be evaluated, or, while it is, when whoever does it counts as dead.
	Due time.Time
	// Claim is who evaluates it, "" for nobody.
	Claim string
	// Cause is why, and Asked counts how often somebody asked.
	Cause string
	Asked int
	// Basis is the revision of the policies that it was evaluated with last, and
	// Standing what came out.
	Basis    string
	Standing Standing
	// Said tells what rules said then from anything else; it is empty where nobody knows.
	Said string
}

// Asking is a stack that is to be evaluated at a moment.
type Asking struct {
	Place

	At    time.Time
	Cause string
}

// Schedule keeps when stacks are evaluated. It is the platform's own.
type Schedule interface {
	// Ask has stacks evaluated at their moments, or earlier where they are due earlier; it
	// adds those that are not there. One that is being evaluated is so again after that.
	// No stack may be asked for twice at once.
	Ask(ctx context.Context, all ...Asking) error
	// Outdated has those of a tenant evaluated now whose basis is another one.
	Outdated(ctx context.Context, tenant, basis string, now time.Time) error
	// Watching returns all stacks after one, in their order, a bounded number.
	Watching(ctx context.Context, after string) ([]Watch, error)
	// Due reports whether there are stacks whose moment has come.
	Due(ctx context.Context, now time.Time) (bool, error)
	// Claim takes stacks whose moment has come until another moment, those that have been
	// due longest, and returns them as they are then.
	Claim(ctx context.Context, claim string, now, until time.Time, limit int) ([]Watch, error)
	// LetGo has those of the stacks that are under a claim evaluated by whoever comes first.
	LetGo(ctx context.Context, claim string, now time.Time, stacks ...string) error
	// Tenants are those that have stacks.
	Tenants(ctx context.Context) ([]string, error)
}

// Found are the findings of a stack.
type Found struct {
	Place

	Findings []Finding
}

// Results keep what came out.
type Results interface {
	// Finish writes what came out under the claim of w and moves the stack to its next
	// turn, now where somebody asked meanwhile, which again tells. Stale says that another
	// has the claim.
	Finish(ctx context.Context, w Watch, next, now time.Time) (again bool, err error)
	// Findings of stacks.
	Findings(ctx context.Context, stacks ...string) (map[string][]Finding, error)
	// Replace makes these the findings of their stacks.
	Replace(ctx context.Context, all ...Found) error
	// Current returns the open spans of stacks, of those that have one.
	Current(ctx context.Context, stacks ...string) (map[string]Span, error)
	// Begin begins spans, each where the open one of its stack ends.
	Begin(ctx context.Context, all ...Span) error
	// Leave ends the open span of a stack and forgets all else of it.
	Leave(ctx context.Context, stack string, at time.Time) error
	// Prune removes spans that ended before.
	Prune(ctx context.Context, before time.Time) error
}

// Sight is what an actor sees.
type Sight struct {
	kernel.Reach

	Tenant string
	// Of is the only project that is meant, "" for all.
	Of string
	// Now tells what is due.
	Now time.Time
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	Project, Stage, Workload string
	Rule                     string
	Outcome                  Outcome
	Level                    string
	Severity                 string
	// Control is framework:id.
	Control string
}

// Lists are what people read.
type Lists interface {
	// Standings are in the order of project, workload and stage.
	Standings(ctx context.Context, s Sight, f Filter, page kernel.PageRequest) (kernel.Page[Standing], error)
	// ListFindings has what is worst first.
	ListFindings(ctx context.Context, s Sight, f Filter, page kernel.PageRequest) (kernel.Page[Finding], error)
	// Spans gives those that touch the time to each, in no order.
	Spans(ctx context.Context, s Sight, f Filter, from, to time.Time, each func(Span) error) error
}

// Store is all that the room keeps.
type Store interface {
	Schedule
	Results
	Lists
}
