package apiclient

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Run is one plan and apply of a stack.
type Run struct {
	ID           string        `json:"id"`
	Stack        string        `json:"stack"`
	Scope        kernel.Scope  `json:"scope"`
	Workload     string        `json:"workload"`
	Release      ReleaseRef    `json:"release"`
	Deployed     *ReleaseRef   `json:"deployed,omitempty"`
	Operation    string        `json:"operation"`
	Status       string        `json:"status"`
	StatusReason string        `json:"statusReason,omitempty"`
	RequestedBy  kernel.Actor  `json:"requestedBy"`
	Reason       string        `json:"reason,omitempty"`
	Attempt      int           `json:"attempt"`
	Plan         *Plan         `json:"plan,omitempty"`
	Dossier      kernel.Digest `json:"dossier,omitempty"`
	Gates        []GateResult  `json:"gates,omitempty"`
	Required     Approvals     `json:"requiredApprovals"`
	Approvals    []Approval    `json:"approvals,omitempty"`
	Phases       []Phase       `json:"phases,omitempty"`
	Verification []CheckResult `json:"verification,omitempty"`
	Failure      *Failure      `json:"failure,omitempty"`
	CreatedAt    time.Time     `json:"createdAt"`
	EndedAt      *time.Time    `json:"endedAt,omitempty"`
}

// The statuses that the client acts on.
const (
	StatusAwaitingApproval = "awaiting_approval"
	StatusSucceeded        = "succeeded"
	StatusFailed           = "failed"
)

// Ended reports whether the run has come to its end.
func (r Run) Ended() bool {
	switch r.Status {
	case StatusSucceeded, StatusFailed, "discarded", "canceled", "superseded":
		return true
	}
	return false
}

// ReleaseRef names a release.
type ReleaseRef struct {
	ID      string `json:"id"`
	Number  int    `json:"number"`
	Version string `json:"version,omitempty"`
}

// Plan sums up what a run would change.
type Plan struct {
	Create  int           `json:"create"`
	Update  int           `json:"update"`
	Replace int           `json:"replace"`
	Delete  int           `json:"delete"`
	NoOp    int           `json:"noOp"`
	Outputs int           `json:"outputs"`
	Digest  kernel.Digest `json:"digest"`
}

// GateResult is what a gate says about a plan.
type GateResult struct {
	Gate     string           `json:"gate"`
	Level    string           `json:"level"`
	Outcome  string           `json:"outcome"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
}

// Approvals say how many people must approve, and who may.
type Approvals struct {
	Count              int    `json:"count"`
	Role               string `json:"role"`
	OtherThanRequester bool   `json:"otherThanRequester"`
}

// Approval is one person's word for one dossier.
type Approval struct {
	By     kernel.Actor  `json:"by"`
	Digest kernel.Digest `json:"digest"`
	Reason string        `json:"reason,omitempty"`
	At     time.Time     `json:"at"`
}

// Phase is one stretch of a run's way.
type Phase struct {
	Name    string     `json:"name"`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// CheckResult is what a verification found.
type CheckResult struct {
	Check    string  `json:"check"`
	URL      string  `json:"url,omitempty"`
	Passed   bool    `json:"passed"`
	Message  string  `json:"message"`
	Attempts int     `json:"attempts"`
	Seconds  float64 `json:"seconds"`
}

// Failure is why a run did not succeed.
type Failure struct {
	Phase    string           `json:"phase"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
}

// Event is one line of a run's log.
type Event struct {
	Time    time.Time `json:"time"`
	Run     string    `json:"run"`
	Phase   string    `json:"phase"`
	Level   string    `json:"level"`
	Type    string    `json:"type"`
	Address string    `json:"address,omitempty"`
	Message string    `json:"message"`
}

// Dossier is everything that an approver needs to know about a run.
type Dossier struct {
	Digest      kernel.Digest `json:"digest"`
	Run         string        `json:"run"`
	Stack       string        `json:"stack"`
	Operation   string        `json:"operation"`
	Workload    string        `json:"workload"`
	Stage       string        `json:"stage"`
	RequestedBy kernel.Actor  `json:"requestedBy"`
	Reason      string        `json:"reason,omitempty"`
	Release     ReleaseRef    `json:"release"`
	Deployed    *ReleaseRef   `json:"deployed,omitempty"`
	Spec        []ValueChange `json:"workloadChanges"`
	Graph       []NodeChange  `json:"graphChanges"`
	Plan        PlanView      `json:"plan"`
	Gates       []GateResult  `json:"gates"`
	Approvals   Approvals     `json:"requiredApprovals"`
}

// ValueChange is one value that differs.
type ValueChange struct {
	Path          string          `json:"path"`
	Before        json.RawMessage `json:"before,omitempty"`
	After         json.RawMessage `json:"after,omitempty"`
	Unknown       bool            `json:"unknown,omitempty"`
	Sensitive     bool            `json:"sensitive,omitempty"`
	ForcesReplace bool            `json:"forcesReplace,omitempty"`
}

// NodeChange is one resource of the graph that differs.
type NodeChange struct {
	UID    string    `json:"uid"`
	Change string    `json:"change"`
	Before *NodeView `json:"before,omitempty"`
	After  *NodeView `json:"after,omitempty"`
}

// NodeView is what serves a resource.
type NodeView struct {
	Definition string `json:"definition"`
	Module     string `json:"module"`
	Version    string `json:"version"`
}

// PlanView is terraform's plan for people.
type PlanView struct {
	Summary Plan             `json:"summary"`
	Changes []ResourceChange `json:"changes"`
}

// ResourceChange is what a plan does to one resource.
type ResourceChange struct {
	Address string        `json:"address"`
	Type    string        `json:"type"`
	Action  string        `json:"action"`
	Reason  string        `json:"reason,omitempty"`
	Values  []ValueChange `json:"values"`
}

// RunExplanation tells why a run is where it is.
type RunExplanation struct {
	Run     string   `json:"run"`
	Status  string   `json:"status"`
	Summary string   `json:"summary"`
	Details []string `json:"details"`
	// Next are the things that a person can do.
	Next []string `json:"next"`
}

// ResourceExplanation tells what serves a resource at a stage, and why.
type ResourceExplanation struct {
	Stage    string            `json:"stage"`
	Release  ReleaseRef        `json:"release"`
	Resource Node              `json:"resource"`
	Address  string            `json:"address"`
	Outputs  map[string]string `json:"outputs"`
}
