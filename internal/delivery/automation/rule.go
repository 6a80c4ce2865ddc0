package automation

import (
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// APIVersion and Kind head a rule's document.
const (
	APIVersion = "terrace.dev/v1"
	Kind       = "Rule"
)

// The bounds of rules.
const (
	MaxPerTenant = 100
	// DefaultPerHour and MaxPerHour bound how often one rule acts.
	DefaultPerHour, MaxPerHour = 60, 1000
	// MaxDepth is how many rules may follow from each other.
	MaxDepth = 3
	maxText  = 500
)

// Rule says what to do when something happens.
type Rule struct {
	ID string `json:"id"`
	// Scope is the tenant, or one project of it.
	Scope kernel.Scope `json:"scope"`
	Name  string       `json:"name"`
	// Source is the document that was applied.
	Source string `json:"source"`
	// On are the filters that an event must pass, all of them.
	On []subscription.Filter `json:"on"`
	// When is a condition on the event, in the language of expr; empty always holds.
	When string `json:"when,omitempty"`
	Do   Action `json:"do"`
	// PerHour is how often it acts within an hour.
	PerHour int `json:"perHour"`
	// Author is who applied it last, and for whom it acts.
	Author    kernel.Actor `json:"author"`
	AppliedAt time.Time    `json:"appliedAt"`
}

// ActionKind names what a rule does.
type ActionKind string

// The kinds of action.
const (
	Plan       ActionKind = "plan"
	DriftCheck ActionKind = "driftCheck"
	Promote    ActionKind = "promote"
	Notify     ActionKind = "notify"
)

// Action is what a rule does; its texts are templates.
type Action struct {
	Kind ActionKind `json:"kind"`
	// Project is that of the rule, else that of the event, when empty.
	Project  string `json:"project,omitempty"`
	Workload string `json:"workload,omitempty"`
	Stage    string `json:"stage,omitempty"`
	// Release is the obvious one when empty: for a plan the one that is deployed,
	// for a promotion the one of the stage before.
	Release string `json:"release,omitempty"`
	// Subscription is whose sink is notified, with the Message.
	Subscription string `json:"subscription,omitempty"`
	Message      string `json:"message,omitempty"`
}

// permission is what the author must be allowed for an action.
func (k ActionKind) permission() string {
	switch k {
	case DriftCheck:
		return "drift.check"
	case Notify:
		return "subscription.read"
	default:
		return "workload.deploy"
	}
}

// Outcome tells what became of a firing.
type Outcome string

// The outcomes.
const (
	// Waiting: it will be done. Working: it is being done.
	Waiting Outcome = "waiting"
	Working Outcome = "working"
	// Done: it has been asked for, see the result.
	Done Outcome = "done"
	// Skipped: the condition did not hold.
	Skipped Outcome = "skipped"
	// Limited: the rule has acted too often within an hour.
	Limited Outcome = "limited"
	// Looped: it would have followed from too many rules.
	Looped Outcome = "looped"
	// Refused: the author may not, or a rule of the platform is against it.
	Refused Outcome = "refused"
	// Failed: it could not be done.
	Failed Outcome = "failed"
	// Interrupted: the process ended meanwhile; whether it was done is not known.
	Interrupted Outcome = "interrupted"
)

// Outcomes returns all of them.
func Outcomes() []Outcome {
	return []Outcome{Waiting, Working, Done, Skipped, Limited, Looped, Refused, Failed, Interrupted}
}

// Firing is one event that a rule was for.
type Firing struct {
	ID      string       `json:"id"`
	Rule    string       `json:"rule"`
	Scope   kernel.Scope `json:"-"`
	Event   string       `json:"event"`
	Type    string       `json:"type"`
	Subject string       `json:"subject,omitempty"`
	Outcome Outcome      `json:"outcome"`
	// Why explains an outcome that is not done.
	Why string `json:"why,omitempty"`
	// Action is what was done, with the event's values in it.
	Action Action `json:"action"`
	// Result is what it led to, such as the id of a run.
	Result string `json:"result,omitempty"`
	// Depth counts the rules that this one followed from.
	Depth int       `json:"depth"`
	At    time.Time `json:"at"`
	// EndedAt is when the outcome was known.
	EndedAt *time.Time `json:"endedAt,omitempty"`
}
