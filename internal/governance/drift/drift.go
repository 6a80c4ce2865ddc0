package drift

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Status is where a finding is on its way.
type Status string

// The statuses. A resolved finding is at its end.
const (
	Open Status = "open"
	// Ignored: every attribute of it is ignored until a date.
	Ignored Status = "ignored"
	// Accepting and Reverting: a run is on its way to do it.
	Accepting Status = "accepting"
	Reverting Status = "reverting"
	Resolved  Status = "resolved"
)

// Statuses returns all statuses.
func Statuses() []Status { return []Status{Open, Ignored, Accepting, Reverting, Resolved} }

// Severity is how bad a finding is; stage has its words.
type Severity string

// Rank orders severities, the worst first.
func (s Severity) Rank() int {
	if i := slices.Index(stage.Severities(), string(s)); i >= 0 {
		return i
	}
	return len(stage.Severities())
}

// Drift is one resource that is not as Terrace last knew it.
type Drift struct {
	ID string `json:"id"`
	// Scope is complete: tenant, project and stage.
	Scope    kernel.Scope `json:"scope"`
	Stack    string       `json:"stack"`
	Workload string       `json:"workload"`
	// Release is the one that is deployed.
	Release string `json:"release"`
	// Address and Type are terraform's; ResourceID is the target's own id, where it has one.
	Address    string `json:"address"`
	Type       string `json:"type"`
	ResourceID string `json:"resourceId,omitempty"`
	// Action is changed or deleted.
	Action     string      `json:"action"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Severity   Severity    `json:"severity"`
	// Rule is the name of the rule that decided on the severity.
	Rule   string `json:"rule"`
	Status Status `json:"status"`
	// Next says what the next run of the deployed release would do: revert, keep or unknown.
	Next Next `json:"next"`
	// Code says what makes a deleted resource be created again.
	Code *Code `json:"code,omitempty"`
	// Who are the changes that the target's log has, the newest first.
	Who []Activity `json:"who,omitempty"`
	// WhoNote says why Who is empty or in doubt.
	WhoNote string `json:"whoNote,omitempty"`
	// Since is when it was last known to be as Terrace knows it: changes after it are asked for.
	Since time.Time `json:"since,omitzero"`
	// Decision is the last one of a person, nil before the first.
	Decision *Decision `json:"decision,omitempty"`
	// Ignore holds for a deleted resource; attributes have their own.
	Ignore *Ignore `json:"ignore,omitempty"`
	// Resolution says how it ended.
	Resolution string     `json:"resolution,omitempty"`
	DetectedAt time.Time  `json:"detectedAt"`
	SeenAt     time.Time  `json:"seenAt"`
	ResolvedAt *time.Time `json:"resolvedAt,omitempty"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// Next is what the next run of the deployed release would do about a finding.
type Next string

// What the next run would do.
const (
	NextReverts Next = "revert"
	NextKeeps   Next = "keep"
	NextUnknown Next = "unknown"
)

// Attribute is one attribute that differs.
type Attribute struct {
	Path string `json:"path"`
	// Before is what Terrace knew, After what is there. Sensitive values are not kept.
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	Sensitive bool            `json:"sensitive,omitempty"`
	Severity  Severity        `json:"severity"`
	Rule      string          `json:"rule"`
	Next      Next            `json:"next"`
	// Code says where the attribute's value comes from, where the next run would revert it.
	Code   *Code   `json:"code,omitempty"`
	Ignore *Ignore `json:"ignore,omitempty"`
	// Mark tells two values of the attribute apart without telling them.
	Mark string `json:"mark"`
}

// Code is the place that says otherwise than what is there.
type Code struct {
	// Module and Version are the module's that declares the resource.
	Module  string `json:"module,omitempty"`
	Version string `json:"version,omitempty"`
	// Argument is the resource's argument, such as azurerm_redis_cache.this.tags.
	Argument string `json:"argument"`
	// Inputs are the module's inputs that the argument is made of.
	Inputs []string `json:"inputs,omitempty"`
	// Resource and Definition serve the workload with the module.
	Resource   string `json:"resource,omitempty"`
	Definition string `json:"definition,omitempty"`
	// Change says what has to be changed so that what is there stays.
	Change string `json:"change"`
}

// Activity is one change that a target's log tells of.
type Activity struct {
	Who       string    `json:"who"`
	At        time.Time `json:"at"`
	Operation string    `json:"operation"`
	// From is where the call came from, where the log tells.
	From string `json:"from,omitempty"`
}

// Decision is what a person decided on a finding.
type Decision struct {
	// Kind is accept, revert or ignore.
	Kind   string       `json:"kind" enum:"accept,revert,ignore"`
	By     kernel.Actor `json:"by"`
	At     time.Time    `json:"at"`
	Reason string       `json:"reason,omitempty"`
	// Run does it, for accept and revert.
	Run string `json:"run,omitempty"`
	// Outcome says what became of it, where it did not succeed.
	Outcome string `json:"outcome,omitempty"`
}

// Ignore says that a difference is known and left alone until a moment. It ends
// before when the value changes again.
type Ignore struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	// Mark is that of the value that is ignored.
	Mark string `json:"mark"`
}

// holds reports whether the ignore counts now, for the value with the mark.
func (i *Ignore) holds(now time.Time, mark string) bool {
	return i != nil && i.Mark == mark && now.Before(i.Until)
}

// wake is when the first ignore of the finding ends; false for none.
func (d Drift) wake() (at time.Time, ok bool) {
	for _, i := range d.ignores() {
		if i != nil && (!ok || i.Until.Before(at)) {
			at, ok = i.Until, true
		}
	}
	return at, ok
}

// Wake is when an ignored finding is open again; the zero time for any other.
func (d Drift) Wake() time.Time {
	at, ok := d.wake()
	if !ok || d.Status != Ignored {
		return time.Time{}
	}
	return at
}

func (d Drift) ignores() []*Ignore {
	all := []*Ignore{d.Ignore}
	for _, a := range d.Attributes {
		all = append(all, a.Ignore)
	}
	return all
}

// settle drops ignores that ended and sets status and severity by what is left.
func (d *Drift) settle(now time.Time) {
	if !d.Ignore.holds(now, d.Action) {
		d.Ignore = nil
	}
	left := 0
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if !a.Ignore.holds(now, a.Mark) {
			a.Ignore = nil
			left++
		}
	}
	if d.Status != Open && d.Status != Ignored {
		return
	}
	d.Status = Open
	if d.Action == stage.DriftDeleted && d.Ignore != nil || d.Action == stage.DriftChanged && left == 0 {
		d.Status = Ignored
	}
}

// worst takes severity and rule from the worst attribute that is not ignored,
// and what the next run does from all.
func (d *Drift) worst() {
	if d.Action == stage.DriftDeleted {
		return
	}
	d.Severity, d.Rule, d.Next = "", "", NextKeeps
	counting := slices.DeleteFunc(slices.Clone(d.Attributes), func(a Attribute) bool { return a.Ignore != nil })
	if len(counting) == 0 {
		counting = d.Attributes
	}
	for _, a := range counting {
		if d.Severity == "" || a.Severity.Rank() < d.Severity.Rank() {
			d.Severity, d.Rule = a.Severity, a.Rule
		}
		if a.Next == NextReverts || a.Next == NextUnknown && d.Next == NextKeeps {
			d.Next = a.Next
		}
	}
}
