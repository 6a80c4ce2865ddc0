package policy

import (
	"cmp"
	"slices"
	"time"
)

// Outcome is what a policy says about one thing.
type Outcome string

// The outcomes.
const (
	// Violated: the thing breaks the policy.
	Violated Outcome = "violation"
	// Warned: the thing is worth a look and blocks nothing.
	Warned Outcome = "warning"
	// Excepted: the policy's own package makes an exception.
	Excepted Outcome = "exception"
	// Exempted: the thing breaks the policy, and somebody exempted it from that.
	Exempted Outcome = "exempted"
	// Errored: the policy could not be evaluated. It blocks as a violation would.
	Errored Outcome = "error"
)

// Outcomes returns the outcomes.
func Outcomes() []Outcome { return []Outcome{Violated, Warned, Excepted, Exempted, Errored} }

// Result is one word of one policy.
type Result struct {
	Policy   string   `json:"policy"`
	Rule     string   `json:"rule"`
	Title    string   `json:"title,omitempty"`
	Outcome  Outcome  `json:"outcome"`
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	// Address and Type are the resource's; Attribute is the place in it, such as
	// site_config[0].minimum_tls_version. All are empty where the policy names none.
	Address   string   `json:"address,omitempty"`
	Type      string   `json:"type,omitempty"`
	Attribute string   `json:"attribute,omitempty"`
	Message   string   `json:"message"`
	Fix       string   `json:"fix,omitempty"`
	Controls  Controls `json:"controls,omitempty"`
	// Exemption is why an exempted result stops nothing.
	Exemption *Waiver `json:"exemption,omitempty"`
	// Details are whatever else the policy said.
	Details map[string]any `json:"details,omitempty"`
	Source  string         `json:"source,omitempty"`
}

// Blocks reports whether the result stops a run.
func (r Result) Blocks() bool {
	return (r.Outcome == Violated || r.Outcome == Errored) && r.Level.Blocks()
}

// Sentence is the message with the resource that it is about.
func (r Result) Sentence() string {
	if r.Address == "" {
		return r.Message
	}
	return r.Address + " " + r.Message
}

// Waiver is what a result tells of the exemption that it is under.
type Waiver struct {
	// ID is the exemption's.
	ID          string    `json:"id"`
	Reason      string    `json:"reason"`
	RequestedBy string    `json:"requestedBy"`
	ApprovedBy  string    `json:"approvedBy"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Notice is something about a policy that changes no result and that its author
// should know: an argument of the wrong type, say, which makes Rego look away, or a key
// of its metadata that nothing reads.
type Notice struct {
	Policy string `json:"policy,omitempty"`
	// Source is where it is from, where it is about no policy alone.
	Source  string `json:"source,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

// Report is what a set of policies says about one input.
type Report struct {
	// Evaluated are the ids of the policies that were asked: those that are not off
	// and look at a type that the input has.
	Evaluated []string `json:"evaluated"`
	// Unknown are those of them that could not be evaluated for a cause that several
	// have: one result tells it for all.
	Unknown []string      `json:"unknown,omitempty"`
	Results []Result      `json:"results"`
	Notices []Notice      `json:"notices,omitempty"`
	Took    time.Duration `json:"took"`
}

// Count returns how many results have the outcome.
func (r Report) Count(outcome Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Blocked reports whether any result stops a run.
func (r Report) Blocked() bool { return slices.ContainsFunc(r.Results, Result.Blocks) }

// Sort puts what blocks first, then by severity, policy and address.
func (r Report) Sort() {
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		return cmp.Or(
			-cmp.Compare(rank(a), rank(b)), -cmp.Compare(a.Severity.Rank(), b.Severity.Rank()),
			cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Message, b.Message),
		)
	})
}

func rank(r Result) int {
	switch {
	case r.Blocks():
		return 3
	case r.Outcome == Violated || r.Outcome == Errored:
		return 2
	case r.Outcome == Warned || r.Outcome == Exempted:
		return 1
	default:
		return 0
	}
}
