package vcs

import (
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// PullState is where a pull request is.
type PullState string

// The states of a pull request.
const (
	Open   PullState = "open"
	Merged PullState = "merged"
	Closed PullState = "closed"
)

// PullRequest is a change that somebody wants in a branch.
type PullRequest struct {
	Repository  string       `json:"repository"`
	Scope       kernel.Scope `json:"-"`
	Number      int          `json:"number"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Author      string       `json:"author"`
	// Fork says that the change comes from another repository, of whoever it is.
	Fork   bool   `json:"fork,omitempty"`
	Source string `json:"source"`
	Target string `json:"target"`
	// Head is the newest commit of Source, Base the commit of Target that it was
	// last seen with.
	Head  string    `json:"head"`
	Base  string    `json:"base,omitempty"`
	State PullState `json:"state"`
	// MergeCommit is what the merge made.
	MergeCommit string `json:"mergeCommit,omitempty"`
	// Actor is who the plans and applies are for.
	Actor kernel.Actor `json:"actor"`
	// Bounds are those of the token that Actor came by: what is applied stays within them.
	Bounds run.Bounds `json:"bounds,omitzero"`
	// Approved is the commit of a fork that a member lets Terrace plan.
	Approved   string `json:"approved,omitempty"`
	ApprovedBy string `json:"approvedBy,omitempty"`
	// ApplyAsked is the commit that somebody wants applied before the merge.
	ApplyAsked string    `json:"applyAsked,omitempty"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
	Work       Work      `json:"work"`
}

// planAgain has it planned anew.
func (w *Work) planAgain() { w.Planned, w.Wanted = "", w.Wanted+1 }

// applyAgain has it applied anew.
func (w *Work) applyAgain() { w.Applied, w.Wanted = "", w.Wanted+1 }

// by notes who the plans and applies are for from now on.
func (p *PullRequest) by(actor kernel.Actor) { p.Actor, p.Bounds = actor, run.BoundsOf(actor) }

// strange says that it comes from a fork, and that no member has looked at its newest commit.
func (p PullRequest) strange() bool { return p.State == Open && p.Fork && p.Approved != p.Head }

// Work is how far Terrace is with a pull request.
type Work struct {
	// Planned and Applied are the commits that checks were made for.
	Planned string `json:"planned,omitempty"`
	Applied string `json:"applied,omitempty"`
	// Wanted grows whenever somebody wants anew what was planned or applied.
	Wanted int `json:"wanted,omitempty"`
	// Comment is the id of the one comment, Told the digest of its text.
	Comment string        `json:"comment,omitempty"`
	Told    kernel.Digest `json:"told,omitempty"`
	// Overall is what the commit was told of all checks together.
	Overall string `json:"overall,omitempty"`
	// Problem is why the last attempt failed; Attempts counts such in a row.
	Problem  string `json:"problem,omitempty"`
	Attempts int    `json:"attempts,omitempty"`
	// Note is told in the comment in place of plans.
	Note string `json:"note,omitempty"`
	// Answer is told above all else: why the last command was not followed.
	Answer string `json:"answer,omitempty"`
	// Due is when it is looked at again; zero is not before something happens.
	Due *time.Time `json:"due,omitempty"`
	// Cause is the id of the event that told of the pull request last: what is planned
	// and applied comes of it.
	Cause string `json:"cause,omitempty"`
	// Seen is of when the newest event is that was heeded, by the provider's clock.
	Seen time.Time `json:"seen,omitzero"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// CheckKind is what a check does.
type CheckKind string

// The kinds of check.
const (
	PlanCheck  CheckKind = "plan"
	ApplyCheck CheckKind = "apply"
	// ReviewCheck is what another room says of the files, such as of configuration.
	ReviewCheck CheckKind = "review"
)

// CheckState is how a check stands.
type CheckState string

// The states of a check.
const (
	Pending    CheckState = "pending"
	Succeeded  CheckState = "success"
	Failed     CheckState = "failure"
	Superseded CheckState = "superseded"
)

// Check is one workload at one stage, planned or applied for one commit.
type Check struct {
	ID         string       `json:"id"`
	Repository string       `json:"-"`
	Scope      kernel.Scope `json:"-"`
	Number     int          `json:"number"`
	Kind       CheckKind    `json:"kind"`
	Commit     string       `json:"commit"`
	Binding    string       `json:"binding"`
	Workload   string       `json:"workload,omitempty"`
	Stage      string       `json:"stage"`
	Score      string       `json:"score"`
	Build      bool         `json:"build,omitempty"`
	// Applies says that the binding brings the workload to the stage, and not only plans it.
	Applies bool       `json:"applies,omitempty"`
	State   CheckState `json:"state"`
	// Run is what does it; empty where it could not begin.
	Run string `json:"run,omitempty"`
	// Message says how it stands in one line, Fix what to do.
	Message string `json:"message,omitempty"`
	Fix     string `json:"fix,omitempty"`
	// Plan is what a run would change or has changed.
	Plan *PlanSummary `json:"plan,omitempty"`
	// Report is what a review says to people, in Markdown.
	Report string `json:"report,omitempty"`
	// Told is the state and message that the commit's status has.
	Told      string    `json:"-"`
	CreatedAt time.Time `json:"createdAt"`
}

// PlanSummary is what a comment says of a plan: no values, as a comment may be
// read by more people than the workload.
type PlanSummary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Outputs int `json:"outputs"`
	// Changes are the resources, what destroys first.
	Changes []Change `json:"changes,omitempty"`
	// More is how many changes are not among Changes.
	More  int    `json:"more,omitempty"`
	Gates []Gate `json:"gates,omitempty"`
}

// Change is what a plan does to one resource.
type Change struct {
	Address string `json:"address"`
	Action  string `json:"action"`
	// Because is the attribute that makes it be replaced.
	Because string `json:"because,omitempty"`
}

// Gate is one gate's word.
type Gate struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Message string `json:"message"`
	Blocks  bool   `json:"blocks,omitempty"`
}

// Context is the name of the commit's status.
func (c Check) Context() string {
	name := c.Workload
	if name == "" {
		name = c.Binding
	}
	if c.Kind == ReviewCheck {
		return "terrace/" + name
	}
	return "terrace/" + string(c.Kind) + "/" + name + "/" + c.Stage
}

// Status is what a commit's status says.
type Status struct {
	Commit      string     `json:"commit"`
	Context     string     `json:"context"`
	Number      int        `json:"number,omitempty"`
	State       CheckState `json:"state"`
	Description string     `json:"description"`
	URL         string     `json:"url,omitempty"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

// Comment is one comment of a hosted pull request.
type Comment struct {
	ID        string    `json:"id"`
	Number    int       `json:"number"`
	Author    string    `json:"author"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}
