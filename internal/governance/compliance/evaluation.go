package compliance

import (
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Place is one workload on one stage.
type Place struct {
	Scope    kernel.Scope
	Workload string
}

// Stack returns the id of its stack.
func (p Place) Stack() string { return kernel.StackID(p.Scope, p.Workload) }

// Outcome is how something stands: a rule on a stack, a stack, or a control.
type Outcome string

// The outcomes, from bad to good.
const (
	// Errored: it could not be evaluated, and nobody knows.
	Errored Outcome = "error"
	Failing Outcome = "failing"
	// Exempted: it would fail, and somebody has excepted it.
	Exempted     Outcome = "exempted"
	Passing      Outcome = "passing"
	NotEvaluated Outcome = "not-evaluated"
)

// Outcomes returns all of them, from bad to good.
func Outcomes() []Outcome { return []Outcome{Errored, Failing, Exempted, Passing, NotEvaluated} }

// rank orders outcomes: what is worse is less. What fails is known to fail, whatever
// else could not be evaluated.
func (o Outcome) rank() int {
	switch o {
	case Failing:
		return 0
	case Errored:
		return 1
	case Exempted:
		return 2
	case Passing:
		return 3
	default:
		return 4
	}
}

// Worse returns the worse of both.
func (o Outcome) Worse(other Outcome) Outcome {
	if o == "" || other != "" && other.rank() < o.rank() {
		return other
	}
	return o
}

// The causes of an evaluation.
const (
	CauseSchedule = "schedule"
	CauseApplied  = "applied"
	CausePolicies = "policies"
	CauseAsked    = "asked"
)

// Word is what a rule said of a stack.
type Word struct {
	Outcome Outcome `json:"outcome"`
	// Findings and Resources count what fails, or cannot be evaluated, and the resources
	// of it; Exempted counts findings.
	Findings  int `json:"findings,omitempty"`
	Resources int `json:"resources,omitempty"`
	Exempted  int `json:"exempted,omitempty"`
}

// Words are what rules said of a stack, by their ids.
type Words map[string]Word

// Finding is what a rule says of one thing of a stack now.
type Finding struct {
	// ID is the same as long as the rule says the same of the same.
	ID       string          `json:"id"`
	Project  string          `json:"project"`
	Stage    string          `json:"stage"`
	Workload string          `json:"workload"`
	Rule     string          `json:"rule"`
	Outcome  Outcome         `json:"outcome"`
	Level    policy.Level    `json:"level"`
	Severity policy.Severity `json:"severity"`
	// Address is the resource's, Attribute the place in it; empty where the rule names none.
	Address   string    `json:"address,omitempty"`
	Type      string    `json:"type,omitempty"`
	Attribute string    `json:"attribute,omitempty"`
	Message   string    `json:"message"`
	Fix       string    `json:"fix,omitempty"`
	Controls  []string  `json:"controls" doc:"What the rule answers, as framework:id."`
	Since     time.Time `json:"since"`
	// Exemption is why it is exempted, nil where its own package makes the exception.
	Exemption *policy.Waiver `json:"exemption,omitempty"`
}

// Standing is how a stack stands.
type Standing struct {
	Project  string `json:"project"`
	Stage    string `json:"stage"`
	Workload string `json:"workload"`
	// Outcome is that of its rules which is worst; not-evaluated until the first time.
	Outcome Outcome `json:"outcome"`
	// Policies counts those that were asked, by how they came out.
	Policies Counts `json:"policies"`
	Findings int    `json:"findings" doc:"Findings that fail."`
	// Blocking counts findings of soft- and hard-mandatory rules: the next run is held or ended by them.
	Blocking int `json:"blocking" doc:"Findings of soft- and hard-mandatory rules among them."`
	// Omitted counts findings over those that are kept of one stack.
	Omitted int `json:"omitted,omitempty" doc:"Findings beyond those that are kept of one stack."`
	// Version is the state that was evaluated.
	Version string `json:"version,omitempty" doc:"The version of the state that was evaluated."`
	// Message and Fix say why it could not be evaluated.
	Message     string     `json:"message,omitempty"`
	Fix         string     `json:"fix,omitempty"`
	Cause       string     `json:"cause,omitempty" doc:"Why it was evaluated: schedule, applied, policies or asked."`
	EvaluatedAt *time.Time `json:"evaluatedAt,omitempty"`
	// Pending says that an evaluation is due.
	Pending bool `json:"pending" doc:"An evaluation is due, and follows."`
}

// Counts are how many of something there are by outcome.
type Counts struct {
	Passing      int `json:"passing"`
	Failing      int `json:"failing"`
	Exempted     int `json:"exempted"`
	NotEvaluated int `json:"notEvaluated"`
	Error        int `json:"error"`
}

// Add counts one more.
func (c *Counts) Add(o Outcome) {
	switch o {
	case Passing:
		c.Passing++
	case Failing:
		c.Failing++
	case Exempted:
		c.Exempted++
	case Errored:
		c.Error++
	default:
		c.NotEvaluated++
	}
}

// Span is a time in which rules said the same of a stack.
type Span struct {
	ID    string
	Place Place
	Since time.Time
	// Until is when it changed; Open until then.
	Until time.Time
	Words Words
}

// Open is the end of what has not ended.
func Open() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }
