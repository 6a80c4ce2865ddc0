package run

import (
	"context"
	"encoding/json"
	"io"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Job is one execution of terraform.
type Job struct {
	Run   string
	Stack string
	Scope kernel.Scope
	// Stage says where it runs.
	Stage   stage.Stage
	Attempt int
	// Fence is that of the lease under which it is executed.
	Fence int64
	Files map[string][]byte
	// Token is the run token for state, modules and planes.
	Token string
	// Destroy plans the removal of everything.
	Destroy bool
	// RefreshOnly plans what was changed outside alone, as the plan's drift; its
	// apply takes that into the state and changes nothing else.
	RefreshOnly bool
	// Unlocked plans without the lock of the state, for who only looks.
	Unlocked bool
	// Targets are the addresses that a plan is limited to; none is no limit.
	Targets []string
	// Partial says that an apply does a part only of what was approved.
	Partial bool
	// Kill is closed when terraform must end at once; a canceled context asks it to stop.
	Kill <-chan struct{}
	// Warm has a plan kept where it was made, if that can be, in the place of Keep.
	Warm bool
	// Keep takes the plan file that was made; nil is for who only looks.
	Keep func(ctx context.Context, plan PlanFile) error
}

// PlanFile is terraform's plan, byte for byte, wherever it lies.
type PlanFile struct {
	Digest kernel.Digest
	// Open reads it from the start, any number of times while it is there.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Planned is the result of a plan.
type Planned struct {
	// Digest is that of terraform's plan.
	Digest kernel.Digest
	JSON   *tfjson.Plan
	// Warm is the plan where it was made, which the caller closes; nil where Keep has
	// taken it.
	Warm WarmPlan
}

// WarmPlan is a plan for an apply that follows at once.
type WarmPlan interface {
	// Open reads terraform's plan from the start.
	Open(ctx context.Context) (io.ReadCloser, error)
	// Apply applies it as Planner does one that was kept.
	Apply(ctx context.Context, job Job, sink func(Event)) (Applied, error)
	// Close forgets the plan.
	Close() error
}

// Applied is the result of an apply, of a failed one, too.
type Applied struct {
	Outputs map[string]json.RawMessage
	// Existing is what a failed apply wanted to create and was there already. An
	// ID is empty where the target does not tell it yet.
	Existing []Adoption
	// Busy says that an apply failed only because the target still works on what
	// it was to change.
	Busy bool
}

// Planner executes terraform; sink receives its events as they happen.
type Planner interface {
	Plan(ctx context.Context, job Job, sink func(Event)) (Planned, error)
	Apply(ctx context.Context, job Job, plan PlanFile, sink func(Event)) (Applied, error)
}
