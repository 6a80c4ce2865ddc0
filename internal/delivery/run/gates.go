package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// approvalGate is the name of the gate that people are.
const approvalGate = "approvals"

// gates asks every gate about the plan, in order. A gate that cannot answer is
// an error: an unknown answer is never a pass.
func (e *execution) gates(ctx context.Context, a attempt) ([]GateResult, error) {
	deployed, err := e.deployedRef(ctx)
	if err != nil {
		return nil, err
	}
	e.run.Deployed = deployed // what runs before this run, as its dossier has it
	results, err := e.s.ask(ctx, GateInput{
		Run: e.run, Release: a.release, Stage: a.stage, Graph: a.graph,
		Workload: a.workload, Plan: a.planned.JSON, Part: a.part, Tags: a.tags.Values(), TagSet: a.tags,
	})
	if err != nil {
		return nil, err
	}
	window, err := e.windowResult(a)
	if err != nil {
		return nil, err
	}
	users, err := e.consumersResult(ctx)
	if err != nil {
		return nil, err
	}
	return append(slices.Concat(results, users, window), approvalResult(a)), nil
}

// foreseen refuses to plan what a gate is known not to let pass, whatever the plan. A dry run
// is planned all the same: it tells everything that there is to tell.
func (e *execution) foreseen(ctx context.Context, m material) error {
	if e.run.DryRun {
		return nil
	}
	for _, gate := range e.s.Gates {
		if _, sees := gate.(Foresight); !sees {
			continue
		}
		result, err := gate.Evaluate(ctx, GateInput{
			Run: e.run, Release: m.release, Stage: m.stage, Graph: m.graph, Workload: m.workload, Tags: m.tags.Values(), TagSet: m.tags,
		})
		if err != nil {
			return fmt.Errorf("gate %s: %w", gate.Name(), err)
		}
		if result.Gate = gate.Name(); result.Blocks() {
			return &barred{bounded(result)}
		}
	}
	return nil
}

// barred is the error of a run that a gate does not let pass, before it is planned.
type barred struct{ by GateResult }

// Error says what the gate says.
func (b *barred) Error() string { return "gate " + b.by.Gate + ": " + b.by.Message }

// ask asks every gate about one plan.
func (s *Service) ask(ctx context.Context, in GateInput) ([]GateResult, error) {
	results := []GateResult{}
	for _, gate := range s.Gates {
		result, err := gate.Evaluate(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("gate %s: %w", gate.Name(), err)
		}
		result.Gate = gate.Name()
		results = append(results, bounded(result))
	}
	return results, nil
}

// approvalResult tells what the stage demands of people for this plan.
func approvalResult(a attempt) GateResult {
	result := GateResult{Gate: approvalGate, Level: HardMandatory, Outcome: Passed}
	switch {
	case a.stage.Approvals.Count == 0:
		result.Message = a.stage.Name + " needs no approval"
	case a.plan.Empty():
		result.Message = "the plan changes nothing: there is nothing to approve"
	default:
		result.Outcome, result.Message = Waiting, needs(a.stage.Approvals)
	}
	return result
}

// needs says which approvals a stage demands.
func needs(a stage.Approvals) string {
	who := "somebody who may approve"
	if a.Role != "" {
		who = "a person with the role " + a.Role
	}
	if a.OtherThanRequester {
		who += " other than who asked for the run"
	}
	if a.Count == 1 {
		return "one approval by " + who
	}
	return fmt.Sprintf("%d approvals, each by %s", a.Count, who)
}

func blocking(results []GateResult) []GateResult {
	return slices.DeleteFunc(slices.Clone(results), func(r GateResult) bool { return !r.Blocks() })
}

// gatesFailure is the story of a run that its gates did not let pass.
func gatesFailure(blocked []GateResult) *Failure {
	f := &Failure{Phase: "gates", Fix: blocked[0].Fix}
	var names []string
	for _, r := range blocked {
		names = append(names, r.Gate+": "+r.Message)
		f.Problems = append(f.Problems, r.Problems...)
		if len(r.Problems) == 0 {
			f.Problems = append(f.Problems, kernel.Problem{Path: r.Gate, Message: r.Message, Fix: r.Fix})
		}
	}
	f.Message = "a gate did not let it pass, and nothing was applied: " + strings.Join(names, "; ")
	return f
}
