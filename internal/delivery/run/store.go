package run

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Filter narrows a list of runs; empty fields do not.
type Filter struct {
	Workload string
	Stage    string
	Status   Status
	// Within are the stages that are meant; nil is all.
	Within *kernel.Reach
}

// Store keeps runs.
type Store interface {
	Insert(ctx context.Context, r Run) error
	// Save writes r if its revision is still the stored one, else it is Stale.
	Save(ctx context.Context, r Run) error
	Get(ctx context.Context, scope kernel.Scope, id string) (Run, error)
	// List returns the newest first.
	List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Run], error)
	// Open returns the runs of a stack that have not ended, the oldest first.
	Open(ctx context.Context, scope kernel.Scope, stack string) ([]Run, error)
	// Workloads returns the names of the workloads that have runs, sorted.
	Workloads(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[string], error)
	// RunsOf returns the runs that carry the release to the scope's stage, dry ones too.
	RunsOf(ctx context.Context, scope kernel.Scope, workload, release string) ([]Run, error)
	Turns
}

// Links keeps which workloads take from which.
type Links interface {
	// Takers returns the deployments in the scope's stage, of all projects, that
	// take from the workload.
	Takers(ctx context.Context, scope kernel.Scope, workload string) ([]Deployment, error)
	// OpenFollowers returns the runs that have not ended and go after those of the
	// workload's stack.
	OpenFollowers(ctx context.Context, scope kernel.Scope, workload string) ([]Run, error)
	// Crowded reports whether a stack has several runs that have not ended.
	Crowded(ctx context.Context, scope kernel.Scope, stack string) (bool, error)
	// Underway returns, for each of the stacks with runs that have not ended and are
	// no dry ones, the first of these.
	Underway(ctx context.Context, stacks []string) (map[string]Run, error)
}

// Turns keeps whose turn it is, and whose time is over.
type Turns interface {
	// Heads returns, of all tenants, the run whose turn it is on each stack with runs
	// that have not ended, unless that one waits for an approval.
	Heads(ctx context.Context, now time.Time) ([]Head, error)
	// Turn begins the choice of the next run, one at a time on all replicas until the
	// transaction ends, and returns its number.
	Turn(ctx context.Context) (int64, error)
	// Served notes at which turn a run of the tenant, and of the project, was taken up last.
	Served(ctx context.Context, scope kernel.Scope, turn int64) error
	// Lapsing returns the runs of all tenants whose Lapses is not after now, a bounded number.
	Lapsing(ctx context.Context, now time.Time) ([]Run, error)
}

// Dossiers keeps the dossiers of runs by their digest.
type Dossiers interface {
	LogIndex
	PutDossier(ctx context.Context, scope kernel.Scope, run string, digest kernel.Digest, d Dossier) error
	Dossier(ctx context.Context, scope kernel.Scope, run string, digest kernel.Digest) (Dossier, error)
	// DossierContent returns it as it is kept, byte for byte.
	DossierContent(ctx context.Context, scope kernel.Scope, run string, digest kernel.Digest) ([]byte, error)
}

// Stacks keeps the lease of each stack.
type Stacks interface {
	// Lease returns the stack's lease; one that never was taken has fence 0.
	Lease(ctx context.Context, stack string) (Lease, error)
	// SwapLease writes l if the stored one still is old, else it is Stale.
	SwapLease(ctx context.Context, stack string, old, l Lease) error
	// SaveHeld is Save while l holds the run's stack, else it is Stale.
	SaveHeld(ctx context.Context, r Run, l Lease) error
}

// Deployments keeps what is deployed, and which releases were verified where.
type Deployments interface {
	PutDeployment(ctx context.Context, d Deployment) error
	// Deployment returns NotFound when nothing is deployed.
	Deployment(ctx context.Context, scope kernel.Scope, workload string) (Deployment, error)
	// Deployments returns those of a project, of one workload unless it is "".
	Deployments(ctx context.Context, scope kernel.Scope, workload string) ([]Deployment, error)
	DeleteDeployment(ctx context.Context, scope kernel.Scope, workload string) error
	PutVerified(ctx context.Context, v Verified) error
	// VerifiedReleases returns what holds as verified in a stage, the highest release first.
	VerifiedReleases(ctx context.Context, scope kernel.Scope, workload string) ([]Verified, error)
	// SwapDeployment writes d if the run and the status still are old's, else it is Stale.
	SwapDeployment(ctx context.Context, old, d Deployment) error
	// Revoke takes the word back that a release is verified.
	Revoke(ctx context.Context, scope kernel.Scope, workload, release string) error
}

// Deployed is what is where: of one workload, and of many at once.
type Deployed interface {
	Deployments
	Stands
}

// Stands tells what is where of many workloads at once.
type Stands interface {
	// DeploymentsOf returns what is deployed of workloads of the scope's project in stages.
	DeploymentsOf(ctx context.Context, scope kernel.Scope, workloads, stages []string) ([]Deployment, error)
	// NewestOf returns the newest run of each of them in each of these stages, dry ones apart.
	NewestOf(ctx context.Context, scope kernel.Scope, workloads, stages []string) ([]Run, error)
}

// ReleaseApprovals keeps who lets which release into a stage.
type ReleaseApprovals interface {
	// PutReleaseApproval writes over the one of the release and stage.
	PutReleaseApproval(ctx context.Context, a ReleaseApproval) error
	// ReleaseApprovals returns those of a stage, the withdrawn ones too, the
	// highest release first.
	ReleaseApprovals(ctx context.Context, scope kernel.Scope, workload string) ([]ReleaseApproval, error)
}

// Promotions keeps where something may be to be promoted by Terrace itself.
type Promotions interface {
	// PutPromotion notes when to look; the earlier of two moments holds.
	PutPromotion(ctx context.Context, p Promotion) error
	// MovePromotion sets when to look again, however early it was.
	MovePromotion(ctx context.Context, p Promotion) error
	DeletePromotion(ctx context.Context, p Promotion) error
	// DuePromotions returns those of all tenants that are due, a bounded number.
	DuePromotions(ctx context.Context, now time.Time) ([]Promotion, error)
	// SeedPromotions notes every workload that has a verified release in the stage
	// before, in all tenants.
	SeedPromotions(ctx context.Context, before, stage string, due time.Time) error
}

// Promotion is a workload and a stage to look at for what may be promoted.
type Promotion struct {
	// Scope names the stage to promote to.
	Scope    kernel.Scope
	Workload string
	Due      time.Time
}

// Verifications keeps what was verified again, and when what is due.
type Verifications interface {
	InsertVerification(ctx context.Context, v Verification) error
	// SaveVerification writes v if its revision is still the stored one, else it is Stale.
	SaveVerification(ctx context.Context, v Verification) error
	Verification(ctx context.Context, scope kernel.Scope, id string) (Verification, error)
	// Verifications returns the newest first.
	Verifications(ctx context.Context, scope kernel.Scope, f VerificationFilter, page kernel.PageRequest) (kernel.Page[Verification], error)
	// OpenVerifications returns those of all tenants that have not ended, a bounded
	// number: those on demand first, then the oldest.
	OpenVerifications(ctx context.Context) ([]Verification, error)
	// ForgetVerifications removes those on schedule that changed nothing and are older than the one before.
	ForgetVerifications(ctx context.Context, scope kernel.Scope, workload, before string) error
	// DueVerifications returns deployments of a stage, of all tenants, that are due
	// or for which no moment is set, a bounded number.
	DueVerifications(ctx context.Context, stage string, now time.Time) ([]DueVerification, error)
	// MoveDueVerification sets the next moment if the one of d is still the stored one, else it is Stale.
	MoveDueVerification(ctx context.Context, d DueVerification, next time.Time) error
}

// DeploymentStatus tells how true a deployment is.
type DeploymentStatus string

// The statuses of a deployment.
const (
	DeploymentApplying   DeploymentStatus = "applying"
	DeploymentApplied    DeploymentStatus = "applied"
	DeploymentVerified   DeploymentStatus = "verified"
	DeploymentUnverified DeploymentStatus = "unverified"
	DeploymentBroken     DeploymentStatus = "broken"
)

// Deployment is the release that is on a stage now.
type Deployment struct {
	Stack    string                     `json:"stack"`
	Scope    kernel.Scope               `json:"scope"`
	Workload string                     `json:"workload"`
	Release  ReleaseRef                 `json:"release"`
	Run      string                     `json:"run"`
	Status   DeploymentStatus           `json:"status"`
	Outputs  map[string]json.RawMessage `json:"outputs,omitempty"`
	// State is the version that the last successful apply left, by AppliedBy, and
	// Publishes are the outputs in it that others may take.
	State     *StateRef `json:"state,omitempty"`
	AppliedBy string    `json:"appliedBy,omitempty"`
	Publishes []string  `json:"publishes,omitempty"`
	// Takes and Inputs are what is taken of other stacks.
	Takes  []Take  `json:"takes,omitempty"`
	Inputs []Input `json:"inputs,omitempty"`

	AppliedAt  *time.Time `json:"appliedAt,omitempty"`
	VerifiedAt *time.Time `json:"verifiedAt,omitempty"`
	// Origin is what facts about it name.
	Origin Origin `json:"origin,omitzero"`
}

// Endpoints returns the addresses of the workload's routes by resource name.
func (d Deployment) Endpoints() map[string]string {
	endpoints := map[string]string{}
	_ = json.Unmarshal(d.Outputs["endpoints"], &endpoints) // absent or of no use: no addresses
	return endpoints
}

// Verified says that a release answered as it should in a stage.
type Verified struct {
	Scope    kernel.Scope
	Workload string
	Release  ReleaseRef
	Run      string
	// At is since when it holds.
	At time.Time
	// Last is when it last began to hold as what is deployed.
	Last time.Time
}

// Lease says who executes a stack. It is free when Run is "".
type Lease struct {
	// Fence grows each time somebody takes the lease.
	Fence int64
	Run   string
	// Node and Process tell who holds it.
	Node    string
	Process string
	Expires time.Time
}
