package compliance

import "github.com/terrace-idp/terrace/internal/governance/policy"

// keptChanges bounds the changes that a preview tells of one stack.
const keptChanges = 1_000

// Preview is what is offered: policies, or a level for policies that hold.
type Preview struct {
	// Policies are a folder that somebody offers; without modules there are none.
	Policies policy.Folder
	// Assignment is a level that somebody proposes for policies that hold, where none
	// are offered.
	Assignment *policy.Assignment
	// Filter narrows what it is tried on.
	Filter Filter
}

// Progress is one line of a preview: how far it is, a stack that it would change, or,
// as the last one, what it comes to.
type Progress struct {
	Done  int     `json:"done" doc:"Stacks that were evaluated."`
	Total int     `json:"total" doc:"Stacks that are applied in the caller's sight."`
	Stack *Impact `json:"stack,omitempty" doc:"A stack that it would change."`
	// Radius is on the last line alone.
	Radius *Radius `json:"radius,omitempty" doc:"What it comes to, on the last line."`
}

// Impact is what would change for one stack.
type Impact struct {
	Project  string `json:"project"`
	Stage    string `json:"stage"`
	Workload string `json:"workload"`
	// Message and Fix say why it could not be tried: nobody knows what would change.
	Message string   `json:"message,omitempty" doc:"Why it could not be tried on the stack."`
	Fix     string   `json:"fix,omitempty"`
	Changes []Change `json:"changes"`
	Omitted int      `json:"omitted,omitempty" doc:"Changes beyond those that are told of one stack."`
}

// Effect is what would become of a finding.
type Effect string

// The effects.
const (
	Begins  Effect = "begins"
	Ceases  Effect = "ceases"
	Changes Effect = "changes-level"
	// Fails: the policy could not be evaluated, and blocks by its level.
	Fails Effect = "cannot-be-evaluated"
)

// Effects returns all effects.
func Effects() []Effect { return []Effect{Begins, Ceases, Changes, Fails} }

// Change is what would become of one finding.
type Change struct {
	Effect Effect `json:"effect"`
	Rule   string `json:"rule"`
	// Level is the one that it would have, Former that which it has.
	Level     policy.Level    `json:"level,omitempty" doc:"The level that it would have."`
	Former    policy.Level    `json:"former,omitempty" doc:"The level that it has now."`
	Severity  policy.Severity `json:"severity"`
	Address   string          `json:"address,omitempty"`
	Attribute string          `json:"attribute,omitempty"`
	Message   string          `json:"message"`
	Fix       string          `json:"fix,omitempty"`
	Controls  []string        `json:"controls"`
}

// Blocks reports whether the next run would be stopped by what changes.
func (c Change) Blocks() bool {
	switch c.Effect {
	case Begins, Fails:
		return c.Level.Blocks()
	case Changes:
		return c.Level.Blocks() && !c.Former.Blocks()
	default:
		return false
	}
}

// Radius is what a preview comes to.
type Radius struct {
	Policies []string `json:"policies" doc:"The policies that were tried."`
	Stacks   int      `json:"stacks" doc:"Stacks on which it was tried."`
	Touched  int      `json:"touched" doc:"Stacks that it would change."`
	Begins   int      `json:"begins"`
	Ceases   int      `json:"ceases"`
	Changes  int      `json:"changes" doc:"Findings that would have another level."`
	Blocking int      `json:"blocking" doc:"Stacks whose next run would be held or ended by what changes."`
	Errors   int      `json:"errors" doc:"Stacks on which something could not be evaluated."`
}

// count adds a stack.
func (r *Radius) count(i Impact) {
	r.Stacks++
	wrong, blocks := i.Message != "", false
	for _, c := range i.Changes {
		switch c.Effect {
		case Begins:
			r.Begins++
		case Ceases:
			r.Ceases++
		case Changes:
			r.Changes++
		case Fails:
			wrong = true
		}
		blocks = blocks || c.Blocks()
	}
	if len(i.Changes) > 0 {
		r.Touched++
	}
	if blocks {
		r.Blocking++
	}
	if wrong {
		r.Errors++
	}
}
