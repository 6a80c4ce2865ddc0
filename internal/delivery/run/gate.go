package run

import (
	"context"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Gate decides after the plan whether a run may go on. Policies, costs and
// windows are further gates.
type Gate interface {
	// Name is short and lower case: tags, policy, cost.
	Name() string
	Evaluate(ctx context.Context, in GateInput) (GateResult, error)
}

// Foresight is a gate whose word needs no plan. It is asked before there is one, too: what it
// lets nothing be applied for is not planned.
type Foresight interface {
	Gate
	// Foresees does nothing.
	Foresees()
}

// GateInput is everything a gate may look at.
type GateInput struct {
	Run      Run
	Release  release.Release
	Stage    stage.Stage
	Graph    *graph.Graph
	Workload *workload.Workload
	Plan     *tfjson.Plan
	// Part is whether the plan is a part of an approved one, which the gates judged
	// whole: what it leaves out is not missing.
	Part bool
	// Tags are the workload's own: costcenter, env, owner.
	Tags map[string]string
	// TagSet are these with where they come from, and those that are demanded.
	TagSet TagSet
}

// Level tells what a failed gate means.
type Level string

// The levels.
const (
	// Advisory gates warn.
	Advisory Level = "advisory"
	// SoftMandatory gates hold the run until somebody overrides them.
	SoftMandatory Level = "soft-mandatory"
	// HardMandatory gates end the run.
	HardMandatory Level = "hard-mandatory"
)

// Outcome is what a gate says.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Missed  Outcome = "failed"
	Waiting Outcome = "waiting"
)

// GateResult is one gate's word about one plan.
type GateResult struct {
	Gate     string           `json:"gate"`
	Level    Level            `json:"level"`
	Outcome  Outcome          `json:"outcome"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Findings are what rules say of resources, for gates that have rules.
	Findings []Finding `json:"findings,omitempty"`
	// Exemptions are those that let findings of the gate pass.
	Exemptions []Exemption `json:"exemptions,omitempty"`
	// Tags are what resources are given, and where from, of the gate that demands them.
	Tags []Tag `json:"tags,omitempty"`
	// Cost is what the plan costs, of the gate that estimates it.
	Cost *Cost `json:"cost,omitempty"`
	// Hidden are values that the gate has found in the plan and that nobody is to read: they
	// are cut out of what is kept of the plan for people, and are no part of what is kept.
	Hidden []string `json:"-"`
	// Settle is what follows of the word for others: it is done in the transaction
	// in which the run goes on, and is no part of what is kept. nil is nothing.
	Settle func(ctx context.Context) error `json:"-"`
	// rest are the findings that were cut from a list too long for a person.
	rest []Finding
}

// settleGates does what follows of the words of gates.
func settleGates(ctx context.Context, results []GateResult) error {
	for _, r := range results {
		if r.Settle == nil {
			continue
		}
		if err := r.Settle(ctx); err != nil {
			return fmt.Errorf("gate %s: %w", r.Gate, err)
		}
	}
	return nil
}

// Finding is what one rule says of one resource.
type Finding struct {
	Rule string `json:"rule"`
	// Outcome is violation, warning, exception, exempted or error.
	Outcome string `json:"outcome"`
	// Level is the rule's: advisory, soft-mandatory or hard-mandatory.
	Level    string `json:"level"`
	Severity string `json:"severity,omitempty"`
	// Address is the resource's, Attribute the place in it; empty where the rule names none.
	Address   string `json:"address,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Message   string `json:"message"`
	Fix       string `json:"fix,omitempty"`
	// Controls are what the rule answers, as framework:id.
	Controls []string `json:"controls,omitempty"`
	// Budget are the figures of a budget, for a finding of one.
	Budget *BudgetFigures `json:"budget,omitempty"`
	// Exemption is why a finding that is exempted stops nothing.
	Exemption *Exemption `json:"exemption,omitempty"`
}

// Blocks reports whether the result ends the run. A level that nobody knows does.
func (r GateResult) Blocks() bool {
	return r.Outcome == Missed && r.Level != Advisory && r.Level != SoftMandatory
}

// NeedsOverride reports whether the result stops the run until it is overridden.
func (r GateResult) NeedsOverride() bool { return r.Level == SoftMandatory && r.Outcome == Missed }
