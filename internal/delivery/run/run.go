package run

import (
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Operation is what a run is for.
type Operation string

// The operations.
const (
	Deploy   Operation = "deploy"
	Promote  Operation = "promote"
	Rollback Operation = "rollback"
	Destroy  Operation = "destroy"
	// Refresh takes what was changed outside into the state, and changes nothing.
	Refresh Operation = "refresh"
)

// Run is one plan and apply of a stack.
type Run struct {
	ID string `json:"id"`
	// Stack is the unit of state: tenant/project/workload/stage.
	Stack string `json:"stack"`
	// Scope is complete: tenant, project and stage.
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload"`
	Release  ReleaseRef   `json:"release"`
	// Deployed is the release that the dossier compares with, nil for a first deployment.
	Deployed  *ReleaseRef `json:"deployed,omitempty"`
	Operation Operation   `json:"operation"`
	// Targets are the addresses that a refresh is about.
	Targets []string `json:"targets,omitempty"`
	// DryRun plans and changes nothing; the run ends as planned.
	DryRun       bool         `json:"dryRun,omitempty"`
	Status       Status       `json:"status"`
	StatusReason string       `json:"statusReason,omitempty"`
	RequestedBy  kernel.Actor `json:"requestedBy"`
	// Initiator is the person behind a run that Terrace asked for by itself: who
	// brought the release to the stage before, or approved it for this one.
	Initiator *kernel.Actor `json:"initiator,omitempty"`
	// Bounds are those of the token that it was asked for with.
	Bounds Bounds `json:"bounds,omitzero"`
	Reason string `json:"reason,omitempty"`
	// Lifetime is how long what it deploys is to stay, where it was asked for; else
	// it is as the stage has it.
	Lifetime stage.Duration `json:"lifetime,omitzero"`
	// Fence is the fencing number of the lease under which the run was executed last.
	Fence int64 `json:"fence"`
	// Attempt counts from 1 how often the run was taken up, crashes and stale
	// plans included, since it was queued or approved.
	Attempt int   `json:"attempt"`
	Plan    *Plan `json:"plan,omitempty"`
	// Dossier is the digest that an approval has to name.
	Dossier   kernel.Digest   `json:"dossier,omitempty"`
	Gates     []GateResult    `json:"gates,omitempty"`
	Required  stage.Approvals `json:"requiredApprovals"`
	Approvals []Approval      `json:"approvals,omitempty"`
	// Overrides are words by which gates that want one let the run pass.
	Overrides []Override `json:"overrides,omitempty"`
	// Availability is by what the release might go to the stage when it was asked for.
	Availability *Availability `json:"availability,omitempty"`
	// Deferral is set while the run waits, approved, for its stage to open.
	Deferral *Deferral `json:"hold,omitempty"`
	// Takes are what the release takes of other workloads, Inputs their values as
	// the plan was made with them.
	Takes  []Take  `json:"takes,omitempty"`
	Inputs []Input `json:"inputs,omitempty"`
	// Secrets are the versions of secrets that the plan was made with: modules get them.
	Secrets []SecretInput `json:"secrets,omitempty"`
	// Unmerged says that it plans a change which nobody has merged: secrets are not read for it.
	Unmerged bool `json:"unmerged,omitempty"`
	// Publishes are the names of the outputs that the release publishes.
	Publishes []string `json:"publishes,omitempty"`
	// Users are the stacks that take from what a run removes, and Force says that
	// it removes it all the same.
	Users []string `json:"users,omitempty"`
	Force bool     `json:"force,omitempty"`

	Phases       []Phase        `json:"phases,omitempty"`
	Verification []CheckResult  `json:"verification,omitempty"`
	Failure      *Failure       `json:"failure,omitempty"`
	Cancel       *CancelRequest `json:"cancel,omitempty"`
	// Cause is why Terrace asked for the run by itself, nil where somebody asked.
	Cause *Cause `json:"cause,omitempty"`
	// CausedBy is the id of the event that led to the run, such as a push or one that a
	// rule is for: every fact of the run carries it.
	CausedBy string `json:"causedBy,omitempty"`
	// Event is the id of the event that told of a run with no cause: it is that of
	// every later fact.
	Event string `json:"event,omitempty"`
	// Request is the id of the request that asked for it.
	Request string `json:"request,omitempty"`
	// Rollback is what a stage that rolls back by itself did after the run.
	Rollback *RollbackNote `json:"rollback,omitempty"`
	// Revoked says why the release may not go to the stage any longer.
	Revoked string `json:"revoked,omitempty"`
	// Adopted are resources that an interrupted apply created and that the run imports.
	Adopted []Adoption `json:"adopted,omitempty"`
	// Interruptions are the times that whoever executed the run was gone in the middle.
	Interruptions []Interruption `json:"interruptions,omitempty"`
	CreatedAt     time.Time      `json:"createdAt"`
	UpdatedAt     time.Time      `json:"updatedAt"`
	EndedAt       *time.Time     `json:"endedAt,omitempty"`
	// RetryOf is the run that this one does again.
	RetryOf string `json:"retryOf,omitempty"`
	// Waits tells what the run waits for while nobody executes it. It is no part of
	// what is stored.
	Waits *Wait `json:"waits,omitempty"`
	// LogRemovedAt is since when its log is no more, nil while it is there. It is no part
	// of what is stored either.
	LogRemovedAt *time.Time `json:"logRemovedAt,omitempty"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// copied returns a copy whose lists can be changed, while r stays as it is.
func (r Run) copied() Run {
	r.Phases, r.Approvals = slices.Clone(r.Phases), slices.Clone(r.Approvals)
	r.Adopted, r.Interruptions = slices.Clone(r.Adopted), slices.Clone(r.Interruptions)
	return r
}

// ReleaseRef names a release for people and machines.
type ReleaseRef struct {
	ID      string `json:"id"`
	Number  int    `json:"number"`
	Version string `json:"version,omitempty"`
}

// Plan sums up what a run would change, and names the exact plan by digest.
type Plan struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	NoOp    int `json:"noOp"`
	// Outputs tells how many outputs change.
	Outputs int `json:"outputs"`
	// Digest is that of the plan file, byte for byte.
	Digest kernel.Digest `json:"digest"`
	// Serial is the serial of the state that it was made from; 0 before there is one.
	Serial int64 `json:"serial"`
}

// Empty reports whether there is nothing to apply.
func (p Plan) Empty() bool {
	return p.Create+p.Update+p.Replace+p.Delete+p.Outputs == 0
}

// Approval is one person's word for one dossier.
type Approval struct {
	By     kernel.Actor  `json:"by"`
	Digest kernel.Digest `json:"digest"`
	Reason string        `json:"reason,omitempty"`
	At     time.Time     `json:"at"`
	// ExpiresAt is when it counts no longer, nil for as long as its plan does.
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	// Expired says that it was told that it counts no longer.
	Expired bool `json:"expired,omitempty"`
	// Disowned says that it ended at ExpiresAt since who gave it may not approve any more.
	Disowned bool `json:"disowned,omitempty"`
}

// Override is one person's word that a gate shall let one dossier pass.
type Override struct {
	Gate   string        `json:"gate"`
	By     kernel.Actor  `json:"by"`
	Digest kernel.Digest `json:"digest"`
	Reason string        `json:"reason"`
	At     time.Time     `json:"at"`
	// Disowned says that it counts no longer since who gave it may not override any more.
	Disowned bool `json:"disowned,omitempty"`
}

// Phase is one stretch of a run's way.
type Phase struct {
	Name    string     `json:"name"`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// Failure is the one story that a run which did not succeed tells.
type Failure struct {
	// Phase is where it happened: plan, gates, apply, verify.
	Phase    string           `json:"phase"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Progress is how far the apply came, nil for a run that ended elsewhere.
	Progress *Progress `json:"progress,omitempty"`
}

// CancelRequest asks whoever executes the run to stop.
type CancelRequest struct {
	By     kernel.Actor `json:"by"`
	Reason string       `json:"reason,omitempty"`
	// Force kills terraform at once instead of asking it to stop.
	Force bool      `json:"force"`
	At    time.Time `json:"at"`
}

// Event is one line of a run's log.
type Event struct {
	Time  time.Time `json:"time"`
	Run   string    `json:"run"`
	Phase string    `json:"phase"`
	// Level is debug, info, warn or error.
	Level string `json:"level" enum:"debug,info,warn,error"`
	// Type says what it is, such as run.planning or terraform's apply_complete.
	Type    string `json:"type"`
	Address string `json:"address,omitempty"`
	// Action is what terraform does to the address in this step, such as create or
	// delete: a replacement is both, one after the other.
	Action  string `json:"action,omitempty"`
	Message string `json:"message"`
}

// The messages of terraform by which the progress of an apply is known.
const (
	eventApplyStart    = "apply_start"
	eventApplyComplete = "apply_complete"
	eventApplyErrored  = "apply_errored"
)
