package run

import (
	"context"
	"io"
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
	// Allowed tells where in the scope it may: what narrows a list.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Owners knows workloads that are not changed by hand.
type Owners interface {
	// Workload refuses a change by hand of a workload that something else owns.
	Workload(ctx context.Context, scope kernel.Scope, name string) error
}

// Roles knows whether the actor of ctx has a role, or admin, in the scope.
type Roles interface {
	HasRole(ctx context.Context, action string, scope kernel.Scope, role string) (bool, error)
	// Acting returns a user; the error is NotFound for one who is gone and
	// Unauthenticated for one who is kept out.
	Acting(ctx context.Context, tenant, user string) (kernel.Actor, error)
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
	// Compose makes a release without keeping it.
	Compose(ctx context.Context, scope kernel.Scope, n release.New) (release.Release, error)
	// Add keeps it under its number. It is Conflict where the transaction is to be
	// tried again.
	Add(ctx context.Context, r release.Release) (release.Release, error)
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

	Definitions
}

// Stages is the ordered set of stages.
type Stages interface {
	All() []stage.Stage
	Get(name string) (stage.Stage, error)
	Before(name string) (stage.Stage, bool)
	After(name string) (stage.Stage, bool)
}

// Projects knows what a project's workloads inherit.
type Projects interface {
	// Tags returns the tags of the scope's project and those that it demands.
	Tags(ctx context.Context, scope kernel.Scope) (TagSet, error)
}

// Zones knows what the landing zones of stages give.
type Zones interface {
	// Outputs returns those of the scope's stage, nil where none are known.
	Outputs(ctx context.Context, scope kernel.Scope) (map[string]any, error)
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
	Save(ctx context.Context, tenant, run string, digest kernel.Digest, plan io.Reader) error
	// Load returns NotFound when there is none.
	Load(ctx context.Context, run string, digest kernel.Digest) (io.ReadCloser, error)
	// SaveJudged keeps what gates looked at of a plan, beside the dossier with the digest
	// that has their word.
	SaveJudged(ctx context.Context, tenant, run string, dossier kernel.Digest, content io.Reader) error
	// LoadJudged returns NotFound when there is none.
	LoadJudged(ctx context.Context, run string, dossier kernel.Digest) (io.ReadCloser, error)
	// Delete removes all plans of the run, and what is kept beside them.
	Delete(ctx context.Context, run string) error
}

// Logs keeps the events of runs outside the database.
type Logs interface {
	// Append adds events to the log of a tenant's run.
	Append(ctx context.Context, tenant, run string, events ...Event) error
	// Read returns whole lines of NDJSON from offset on, the offset after them,
	// and a channel that is closed when there is more. Of a log that is no more it is
	// NotFound.
	Read(ctx context.Context, run string, offset int64) (lines []byte, next int64, more <-chan struct{}, err error)
}
