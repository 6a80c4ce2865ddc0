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
}

// Schedule keeps when stacks are evaluated. It is the platform's own.
type Schedule interface {
	// Ask has a stack evaluated at a moment, or earlier where it is due earlier; it adds
	// the stack where it is not there. One that is being evaluated is so again after that.
	Ask(ctx context.Context, p Place, at time.Time, cause string) error
	// Outdated has those of a tenant evaluated now whose basis is another one.
	Outdated(ctx context.Context, tenant, basis string, now time.Time) error
	// Watching returns all stacks after one, in their order, a bounded number.
	Watching(ctx context.Context, after string) ([]Watch, error)
	// Watched returns a stack, or NotFound.
	Watched(ctx context.Context, stack string) (Watch, error)
	// Due returns the one that has been due longest; false for none.
	Due(ctx context.Context, now time.Time) (Watch, bool, error)
	// Claim takes a stack until a moment; Stale where another has it.
	Claim(ctx context.Context, w Watch, claim string, until time.Time) error
	// Tenants are those that have stacks.
	Tenants(ctx context.Context) ([]string, error)
}

// Results keep what came out.
type Results interface {
	// Finish writes what came out under the claim of w and moves the stack to its next
	// turn, now where somebody asked meanwhile. Stale says that another has the claim.
	Finish(ctx context.Context, w Watch, next, now time.Time) error
	// Findings of a stack.
	Findings(ctx context.Context, stack string) ([]Finding, error)
	// Replace makes these the findings of a stack.
	Replace(ctx context.Context, p Place, all []Finding) error
	// Current returns the open span of a stack; false for none.
	Current(ctx context.Context, stack string) (Span, bool, error)
	// Begin ends the open span of the stack and begins s.
	Begin(ctx context.Context, s Span) error
	// Leave ends the open span of a stack and forgets all else of it.
	Leave(ctx context.Context, stack string, at time.Time) error
	// Prune removes spans that ended before.
	Prune(ctx context.Context, before time.Time) error
}

// Sight is what an actor sees.
type Sight struct {
	Tenant string
	// Projects are those that it sees, where All is false.
	Projects []string
	All      bool
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
