package run

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The bounds of an execution.
const (
	// DefaultLease is how long a lease holds without being renewed.
	DefaultLease = 15 * time.Second
	// MaxAttempts is how often a run is taken up before it fails.
	MaxAttempts = 3
	// tokenLife bounds a run token: it outlives all processes of a phase (init and
	// apply, both perhaps twice, and a second try to store the state, an hour each).
	// The fence ends it for state and planes as soon as the lease is gone.
	tokenLife = 6 * time.Hour
)

// Stores is all that the room keeps.
type Stores interface {
	Store
	Dossiers
	Stacks
	Deployed
	ReleaseApprovals
	Promotions
	Verifications
	Links
}

// Deps is what a Service works with. Everything is required but Zones,
// Images, Manifests, Secrets, Owners, Gates, Exemptions, Clock, Lease, Pause, Fleet, the limits and Log.
type Deps struct {
	Tx         Tx
	Store      Stores
	Authorizer Authorizer
	Roles      Roles
	Journal    Journal
	Jobs       Jobs
	Releases   Releases
	Catalog    Catalog
	Stages     Stages
	Projects   Projects
	// Zones are the landing zones; nil is none.
	Zones    Zones
	Renderer Renderer
	Planner  Planner
	Tokens   Tokens
	State    State
	Plans    Plans
	Logs     Logs
	Verifier Verifier
	// Images may be nil: images then stay the tags that they are.
	Images Images
	// Manifests tells what a plan changes in Git; nil where no stage has the
	// runtime kubernetes.
	Manifests Manifests
	// Trifling reports that what was changed of a resource outside says nothing; nil is never.
	Trifling func(st stage.Stage, drift *tfjson.ResourceChange) bool
	// Secrets knows which secrets there are; nil looks for none.
	Secrets Secrets
	// Serving may be nil: what is deployed then counts as what answers.
	Serving Serving
	// Owners may be nil: every workload is then changed by hand.
	Owners Owners
	// Gates decide after the plan, in their order.
	Gates []Gate
	// Exemptions are from the rules of gates; nil is none.
	Exemptions Exemptions
	Clock      kernel.Clock
	Log        *slog.Logger
	// Node names this installation of the daemon: only one process at a time
	// may use a node's name.
	Node string
	// Lease is how long a lease holds without being renewed; 0 is DefaultLease.
	Lease time.Duration
	// Pause is how long a run waits for a target that is at work; 0 is DefaultPause.
	Pause time.Duration
	// Concurrency is how many runs this process executes at once, those of remote
	// runners left out; 0 is no limit.
	Concurrency int
	// TenantConcurrency is how many runs of one tenant are executed at once, on all
	// processes and remote runners together, where Quotas is nil; 0 is no limit.
	TenantConcurrency int
	// Quotas bound tenants and projects beside TenantConcurrency; nil bounds none.
	Quotas Quotas
	// Fleet are the remote runners; nil is none.
	Fleet Fleet
	// Tenants tells whose runs wait; nil tells of none.
	Tenants Tenants
	// Alone says that no other process executes runs: every line of a log is then
	// written here, and wakes who reads it.
	Alone bool
}

// Service carries runs from the queue to their end.
type Service struct {
	Deps
	process string
	active  active
	nudged  nudged
	// promotions calls who promotes by itself.
	promotions *rounds.Bell
	// admission is held while this process chooses the next run.
	admission sync.Mutex
	// queueing says that who ended a run at last found another that waited.
	queueing  bool
	verifying *verifying
	// asks has as many places as gates are asked again at once.
	asks chan struct{}
}

// NewService returns a service for a new process of d.Node.
func NewService(d Deps) (*Service, error) {
	if err := d.complete(); err != nil {
		return nil, err
	}
	if d.Lease == 0 {
		d.Lease = DefaultLease
	}
	if d.Pause == 0 {
		d.Pause = DefaultPause
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, process: kernel.NewID("proc"), active: active{runs: map[string]*activeRun{}}, nudged: nudged{runs: map[string]bool{}}, promotions: rounds.NewBell(), verifying: newVerifying(), asks: make(chan struct{}, asksAtOnce)}, nil
}

// complete refuses dependencies with a gap.
func (d Deps) complete() error {
	var missing []string
	for name, given := range map[string]bool{
		"Tx": d.Tx != nil, "Store": d.Store != nil, "Authorizer": d.Authorizer != nil, "Roles": d.Roles != nil, "Journal": d.Journal != nil, "Jobs": d.Jobs != nil,
		"Releases": d.Releases != nil, "Catalog": d.Catalog != nil, "Stages": d.Stages != nil, "Projects": d.Projects != nil,
		"Renderer": d.Renderer != nil, "Planner": d.Planner != nil, "Tokens": d.Tokens != nil, "State": d.State != nil,
		"Plans": d.Plans != nil, "Logs": d.Logs != nil, "Verifier": d.Verifier != nil, "Node": d.Node != "",
	} {
		if !given {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("run service: missing %s", strings.Join(missing, ", "))
}

// stageScope checks that the stage exists and returns the scope of the project in it.
func (s *Service) stageScope(scope kernel.Scope, name string) (stage.Stage, kernel.Scope, error) {
	st, err := s.Stages.Get(name)
	if err != nil {
		return stage.Stage{}, kernel.Scope{}, err
	}
	return st, scope.InStage(st.Name), nil
}

// requester returns the actor that asks for a run.
func requester(ctx context.Context) (kernel.Actor, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in first")
	}
	return actor, nil
}
