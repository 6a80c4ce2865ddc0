package run

import (
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Dossier is everything that an approver needs to know about one run. Its
// digest is what an approval names.
type Dossier struct {
	Run         string       `json:"run"`
	Stack       string       `json:"stack"`
	Operation   Operation    `json:"operation"`
	Workload    string       `json:"workload"`
	Stage       string       `json:"stage"`
	RequestedBy kernel.Actor `json:"requestedBy"`
	Reason      string       `json:"reason,omitempty"`
	Release     ReleaseRef   `json:"release"`
	// Deployed is what the changes are relative to, nil for a first deployment.
	Deployed *ReleaseRef `json:"deployed,omitempty"`
	// Availability is by what the release may go to the stage.
	Availability *Availability   `json:"availability,omitempty"`
	Spec         []ValueChange   `json:"workloadChanges"`
	Graph        []NodeChange    `json:"graphChanges"`
	Plan         PlanView        `json:"plan"`
	Gates        []GateResult    `json:"gates"`
	Approvals    stage.Approvals `json:"requiredApprovals"`
	// Root is the digest of the root module that was planned.
	Root kernel.Digest `json:"rootDigest"`
	// LandingZone is the digest of what the root module takes from the stage's landing zone.
	LandingZone kernel.Digest `json:"landingZoneDigest,omitempty"`
	// Inputs are what the plan takes of other stacks.
	Inputs []Input `json:"inputs,omitempty"`
}

// Digest returns the digest of the dossier's canonical JSON.
func (d Dossier) Digest() (kernel.Digest, error) { return kernel.DigestJSON(d) }

// ValueChange is one value that differs, at its path.
type ValueChange struct {
	Path   string `json:"path"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
	// Unknown values are known only after the apply.
	Unknown bool `json:"unknown,omitempty"`
	// Sensitive values are not shown.
	Sensitive bool `json:"sensitive,omitempty"`
	// ForcesReplace marks what makes the resource be replaced.
	ForcesReplace bool `json:"forcesReplace,omitempty"`
}

// NodeChange is one resource of the graph that differs.
type NodeChange struct {
	UID string `json:"uid"`
	// Change is added, removed or changed.
	Change string `json:"change" enum:"added,removed,changed"`
	// Before and After describe definition and module; nil where there is none.
	Before *NodeView `json:"before,omitempty"`
	After  *NodeView `json:"after,omitempty"`
}

// NodeView is what serves a resource.
type NodeView struct {
	Definition string `json:"definition"`
	Module     string `json:"module"`
	Version    string `json:"version"`
	Digest     string `json:"digest,omitempty"`
}

// PlanView is terraform's plan for people: what destroys comes first.
type PlanView struct {
	Summary Plan             `json:"summary"`
	Changes []ResourceChange `json:"changes"`
	Outputs []ValueChange    `json:"outputs"`
	// Files are what an apply would change in the Git repository of a stage whose
	// runtime is kubernetes.
	Files []FileChange `json:"files,omitempty"`
}

// FileChange is what an apply would do to one file.
type FileChange struct {
	Path string `json:"path"`
	// Change is added, changed or removed.
	Change string `json:"change" enum:"added,changed,removed"`
	// Diff is in the unified format; what is known only after the apply is said
	// to be so.
	Diff string `json:"diff"`
}

// ResourceChange is what the plan does to one resource.
type ResourceChange struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	// Action is create, update, replace, delete or forget.
	Action string `json:"action" enum:"create,update,replace,delete,forget"`
	Reason string `json:"reason,omitempty"`
	// Deposed is set for what an earlier replacement has left: the new resource of the
	// address is there, and this is the old one.
	Deposed string        `json:"deposed,omitempty"`
	Values  []ValueChange `json:"values"`
	// Omitted counts the values that an answer leaves out.
	Omitted int `json:"omittedValues,omitempty"`
}
