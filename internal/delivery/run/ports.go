package run

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Owners knows workloads that are not changed by hand.
type Owners interface {
	// Workload refuses a change by hand of a workload that something else owns.
	Workload(ctx context.Context, scope kernel.Scope, name string) error
}

// Roles knows whether the actor of ctx has a role, or admin, in the scope.
type Roles interface {
	HasRole(ctx context.Context, scope kernel.Scope, role string) (bool, error)
}

// Journal writes a fact in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in one transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Jobs queues the next step of a run in the transaction of ctx.
type Jobs interface {
	Enqueue(ctx context.Context, scope kernel.Scope, run string) error
}

// Releases makes and reads releases.
type Releases interface {
	Create(ctx context.Context, scope kernel.Scope, n release.New) (release.Release, error)
	Get(ctx context.Context, scope kernel.Scope, id string) (release.Release, error)
	// Find takes the id, the number or the version; workload "" is any.
	Find(ctx context.Context, scope kernel.Scope, workload, name string) (release.Release, error)
	// Graph resolves the release for a stage from its pins alone.
	Graph(ctx context.Context, r release.Release, s stage.Stage) (*graph.Graph, *workload.Workload, error)
}

// Catalog has the definitions and modules of today, for what is not released yet.
type Catalog interface {
	All(ctx context.Context, scope kernel.Scope) ([]graph.Definition, error)
	Source(ctx context.Context, scope kernel.Scope) graph.ModuleSource
}

// Stages is the ordered set of stages.
type Stages interface {
	All() []stage.Stage
	Get(name string) (stage.Stage, error)
	Before(name string) (stage.Stage, bool)
	After(name string) (stage.Stage, bool)
}

// Projects knows the tags of a project: costcenter and owner.
type Projects interface {
	Tags(ctx context.Context, scope kernel.Scope) (map[string]string, error)
}

// Zones knows what the landing zones of stages give.
type Zones interface {
	// Outputs returns those of the scope's stage, nil where none are known.
	Outputs(ctx context.Context, scope kernel.Scope) (map[string]any, error)
}

// RenderInput is what a root module is made from.
type RenderInput struct {
	Stack    string
	Scope    kernel.Scope
	Stage    stage.Stage
	Release  release.Release
	Graph    *graph.Graph
	Workload *workload.Workload
	Tags     map[string]string
	// LandingZone are the outputs of the stage's landing zone.
	LandingZone map[string]any
	// Taken are outputs of other stacks, by resource and output.
	Taken map[string]map[string]StateOutput
}

// Root is a rendered root module.
type Root struct {
	Files map[string][]byte
	// Secret are files that people do not see, and that the digest is not of.
	Secret map[string][]byte
	Digest kernel.Digest
	// LandingZone is the digest of what it takes from the landing zone, empty for nothing.
	LandingZone kernel.Digest
}

// all are the files that the tool gets.
func (r Root) all() map[string][]byte {
	files := maps.Clone(r.Files)
	maps.Copy(files, r.Secret)
	return files
}

// Renderer makes the root module of a stack.
type Renderer interface {
	Render(ctx context.Context, in RenderInput) (Root, error)
}

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
	// Digest is that of terraform's plan, which Keep has taken.
	Digest kernel.Digest
	JSON   *tfjson.Plan
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

// Images asks registries for digests: it returns the references with digests of
// those images, by container, whose registry answers in time.
type Images interface {
	Pin(ctx context.Context, images map[string]string) map[string]string
}

// Manifests tells what a plan would change in the Git repository of a stage. Its
// error is Invalid, with the problems, for a plan that cannot be applied there.
type Manifests interface {
	Changes(ctx context.Context, scope kernel.Scope, plan *tfjson.Plan) ([]FileChange, error)
}

// TokenRequest describes a run token.
type TokenRequest struct {
	Run, Stack, Workload string
	Scope                kernel.Scope
	Fence                int64
	// Phase is plan or apply.
	Phase string
	// Cause is the id of the event that all facts of the run name.
	Cause   string
	Expires time.Time
}

// Tokens issues run tokens.
type Tokens interface {
	Issue(ctx context.Context, t TokenRequest) (string, error)
}

// State knows the serial of a stack's state; 0 when there is none.
type State interface {
	Serial(ctx context.Context, scope kernel.Scope, stack string) (int64, error)
	// Restore stores the state that an apply of the stack could not store, if there is one.
	Restore(ctx context.Context, run, stack string, fence int64) error
	// Version returns the version in force, one without a name where there is none.
	Version(ctx context.Context, stack string) (StateRef, error)
	// Outputs returns the outputs in a version of a stack's state.
	Outputs(ctx context.Context, stack, version string) (map[string]StateOutput, error)
}

// Plans keeps plan files sealed between plan and apply.
type Plans interface {
	// Save keeps the plan with the digest beside the run's others.
	Save(ctx context.Context, run string, digest kernel.Digest, plan io.Reader) error
	// Load returns NotFound when there is none.
	Load(ctx context.Context, run string, digest kernel.Digest) (io.ReadCloser, error)
	// Delete removes all plans of the run.
	Delete(ctx context.Context, run string) error
}

// Logs keeps the events of runs outside the database.
type Logs interface {
	Append(ctx context.Context, run string, events ...Event) error
	// Read returns whole lines of NDJSON from offset on, the offset after them,
	// and a channel that is closed when there is more.
	Read(ctx context.Context, run string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error)
}

// CheckInput is one check: of one address where it is over HTTP, else of the
// deployment as a whole.
type CheckInput struct {
	// URL is the address under which a gateway serves the workload, "" for a
	// check of another kind.
	URL string
	// Own says that the gateway is Terrace's, not a cloud's or a cluster's.
	Own bool
	// Release is what the answer's header Terrace-Release must say.
	Release string
	Check   stage.Check
	// Scope is complete, and with Workload, Version and Endpoints it is what a
	// command and a query are told.
	Scope     kernel.Scope
	Workload  string
	Version   string
	Endpoints map[string]string
}

// Verifier checks a deployment, trying again as often as the check has it.
type Verifier interface {
	Verify(ctx context.Context, in CheckInput) CheckResult
}

// CheckResult is what a check found.
type CheckResult struct {
	Check string `json:"check"`
	URL   string `json:"url,omitempty"`
	// Asked is the command or the query, as it was asked.
	Asked   string `json:"asked,omitempty"`
	Passed  bool   `json:"passed"`
	Message string `json:"message"`
	// Output are the last lines of a command.
	Output   string  `json:"output,omitempty"`
	Attempts int     `json:"attempts"`
	Seconds  float64 `json:"seconds"`
}
