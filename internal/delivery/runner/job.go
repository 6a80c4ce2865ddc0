package runner

import (
	"context"
	"encoding/json"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Job is one root module to plan or apply for a run.
type Job struct {
	// RunID names the work directory.
	RunID string
	// Stack is tenant/project/workload/stage; the state lives under this name.
	Stack string
	// Fence is that of the lease under which the job is executed.
	Fence int64
	// Files are the root module by file name, such as main.tf.json and .terraform.lock.hcl.
	Files map[string][]byte
	// Env are variables for the tool, on top of the clean environment.
	Env map[string]string
	// Identity is how it signs in to a cloud without a secret; nil is not at all.
	Identity *Identity
	// Secret names the variables of Env whose values no event and no error may show.
	Secret []string
	// Hide are JSON values whose texts no event and no error may show either.
	Hide []any
	// Token is the run token: it opens the state, the module registry and the planes.
	Token string
	// Destroy makes Plan plan the destruction of everything in the stack.
	Destroy bool
	// RefreshOnly makes Plan look for what was changed outside alone: the plan has
	// it as its drift, and its apply takes it into the state and changes nothing else.
	RefreshOnly bool
	// Unlocked plans without the lock of the state, for who only looks. Such a plan
	// may be of a state that another run is about to replace.
	Unlocked bool
	// Targets are the addresses that Plan is limited to, with what they need; none is no limit.
	Targets []string
	// Limits are those of the stage; what they leave open the runner's limit.
	Limits Limits
	// Kill is closed when the tool must end at once, its state unsaved or not. A
	// canceled context asks it to stop in order. Nil is never closed.
	Kill <-chan struct{}
	// Warm makes Plan return the plan where it was made, for an apply that follows at
	// once, in the place of calling KeepPlan.
	Warm bool
	// KeepPlan takes the plan file that Plan made; nil keeps none.
	KeepPlan func(ctx context.Context, plan PlanFile) error

	// azurerm is the mirror that has the provider azurerm, "" where it is not needed.
	azurerm string
	// held is the identity that it has, nil for none.
	held *held
}

// Phase is the part of a run that an event belongs to.
type Phase string

// The phases of the runner.
const (
	PhaseInit  Phase = "init"
	PhasePlan  Phase = "plan"
	PhaseApply Phase = "apply"
)

// Event is one thing the tool said, as it happened.
type Event struct {
	Time  time.Time `json:"time"`
	Phase Phase     `json:"phase"`
	// Level is error, warn or info.
	Level string `json:"level"`
	// Type is the tool's message type: planned_change, apply_start, apply_complete, diagnostic, log, …
	Type string `json:"type"`
	// Address is the resource it is about, where there is one.
	Address string `json:"address,omitempty"`
	// Action is what is done to the address in this step: create, read, update, delete,
	// and in a plan replace, move, import and remove (which forgets), too.
	Action  string `json:"action,omitempty"`
	Message string `json:"message"`
}

// Sink receives events in order, one at a time. It must not block for long:
// the tool waits for it.
type Sink func(Event)

// PlanResult is a finished plan.
type PlanResult struct {
	// Digest is that of the tool's saved plan, which KeepPlan has taken.
	Digest kernel.Digest
	// JSON is the plan as `show -json` tells it.
	JSON *tfjson.Plan
	// Warm is the plan where it was made, which the caller closes; nil without Warm.
	Warm *Warm
}

// ApplyResult is a finished apply.
type ApplyResult struct {
	// Outputs are the root module's outputs; sensitive ones are left out.
	Outputs map[string]json.RawMessage
	// Existing is what a failed apply wanted to create and was there already.
	Existing []Existing
	// Busy says that an apply failed only because the target still works on what it was to change.
	Busy bool
}
