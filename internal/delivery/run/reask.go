package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// judged is what the gates looked at of a plan, kept while the plan waits: they are
// asked about it again before anybody approves it and before it is applied.
type judged struct {
	// At is when they were asked.
	At   time.Time    `json:"at"`
	Plan *tfjson.Plan `json:"plan"`
}

// keepJudged keeps what the gates looked at of a plan that is going to wait. One that
// is applied at once keeps nothing: its gates were asked right before.
func (e *execution) keepJudged(ctx context.Context, to Status, a attempt) error {
	e.asked = nil
	switch to {
	case Approved:
		e.asked = &a
		return nil
	case AwaitingApproval:
		return e.saveJudged(ctx, a)
	default:
		return nil
	}
}

// waitsWith keeps what the gates looked at of a plan that passed, and now has to wait.
func (e *execution) waitsWith(ctx context.Context) error {
	if !e.justAsked() {
		return nil // it was kept when it began to wait
	}
	return e.saveJudged(ctx, *e.asked)
}

// justAsked reports whether this process asked the gates about the run's dossier, and
// did nothing else since.
func (e *execution) justAsked() bool { return e.asked != nil && e.asked.digest == e.run.Dossier }

func (e *execution) saveJudged(ctx context.Context, a attempt) error {
	raw, err := json.Marshal(judged{At: a.askedAt, Plan: a.planned.JSON})
	if err != nil {
		return fmt.Errorf("keep what the gates looked at: %w", err)
	}
	return e.s.Plans.SaveJudged(ctx, e.id, a.digest, bytes.NewReader(raw))
}

// plannedAgain says why a run that was planned already was planned once more, "" for
// one that was not.
func (e *execution) plannedAgain() string {
	if e.run.Status != Planning || e.run.StatusReason == "" {
		return ""
	}
	return "; it was planned again: " + e.run.StatusReason
}

// judgedOf returns what the gates looked at when they passed the run's dossier.
func (s *Service) judgedOf(ctx context.Context, r Run) (j judged, err error) {
	kept, err := s.Plans.LoadJudged(ctx, r.ID, r.Dossier)
	if err != nil {
		return j, err
	}
	defer func() { _ = kept.Close() }() // it was only read
	var read struct {
		At   time.Time       `json:"at"`
		Plan json.RawMessage `json:"plan"`
	}
	if err := json.NewDecoder(kept).Decode(&read); err != nil {
		return j, fmt.Errorf("read what the gates looked at: %w", err)
	}
	j.At = read.At
	j.Plan, err = planOf(read.Plan)
	return j, err
}

// bare is a plan without the library's way to read one: what was read once has passed
// its checks, and numbers stay as they are written.
type bare tfjson.Plan

func planOf(raw []byte) (*tfjson.Plan, error) {
	var read struct {
		bare

		PriorState json.RawMessage `json:"prior_state"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&read); err != nil {
		return nil, fmt.Errorf("read the plan that the gates looked at: %w", err)
	}
	plan := tfjson.Plan(read.bare)
	if len(read.PriorState) == 0 {
		return &plan, nil
	}
	plan.PriorState = new(tfjson.State)
	plan.PriorState.UseJSONNumber(true)
	if err := json.Unmarshal(read.PriorState, plan.PriorState); err != nil {
		return nil, fmt.Errorf("read the state that the gates looked at: %w", err)
	}
	return &plan, nil
}

// stricter says what the gates would not let pass any longer of the plan that is to be
// applied, "" where it passes as it did. Where this process has just asked them, it
// does not again.
func (e *execution) stricter(ctx context.Context, m material) (string, error) {
	if e.justAsked() {
		e.asked = nil
		return "", nil
	}
	return e.s.stricter(ctx, e.run, m)
}

// stricter asks the gates again about the plan of a run that has waited: policies,
// levels, budgets, what was paid and the tags that are demanded may have changed.
func (s *Service) stricter(ctx context.Context, r Run, m material) (string, error) {
	if len(s.Gates) == 0 {
		return "", nil
	}
	kept, err := s.judgedOf(ctx, r)
	if kernel.Is(err, kernel.NotFound) {
		return "what its gates looked at is kept no longer, so they cannot be asked again", nil
	}
	if err != nil {
		return "", err
	}
	now, err := s.ask(ctx, GateInput{
		Run: r, Release: m.release, Stage: m.stage, Graph: m.graph, Workload: m.workload,
		Plan: kept.Plan, Tags: m.tags.Values(), TagSet: m.tags,
	})
	if err != nil {
		return "", err
	}
	var said []string
	for _, result := range now {
		if more := tightened(before(r.Gates, result.Gate), result); len(more) > 0 {
			said = append(said, "the gate "+result.Gate+" has become stricter: "+few(more))
		}
	}
	if len(said) == 0 {
		return "", nil
	}
	return "since the gates were asked at " + kept.At.UTC().Format(time.RFC3339) + ", " + strings.Join(said, "; "), nil
}

// before is what a gate said in the dossier.
func before(gates []GateResult, name string) GateResult {
	if i := slices.IndexFunc(gates, func(g GateResult) bool { return g.Gate == name }); i >= 0 {
		return gates[i]
	}
	return GateResult{Gate: name, Outcome: Passed}
}

// mostTold is how many findings a reason names.
const mostTold = 3

func few(said []string) string {
	if more := len(said) - mostTold; more > 0 {
		said = append(slices.Clone(said[:mostTold]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(said, "; ")
}

// tightened are what a gate now stops a plan for that it did not when the dossier was
// made. What people looked at, and overrode, is none of it.
func tightened(old, now GateResult) []string {
	if now.strictness() == 0 {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(old.Findings), func(f Finding) bool { return !f.stops() })
	var more []string
	for _, f := range now.Findings {
		if !f.stops() {
			continue
		}
		if i := slices.IndexFunc(left, f.within); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		more = append(more, f.brief())
	}
	if len(more) == 0 && now.strictness() > old.strictness() {
		more = []string{now.Message}
	}
	return more
}

// strictness is 0 for a gate that lets a plan pass, 1 for one that holds it, and 2 for
// one that ends the run.
func (r GateResult) strictness() int {
	switch {
	case r.Blocks():
		return 2
	case r.Holds():
		return 1
	default:
		return 0
	}
}

// stops reports whether the finding is one that the gate holds the run for, or ends it.
func (f Finding) stops() bool {
	return (f.Outcome == "violation" || f.Outcome == "error") && f.Level != string(Advisory)
}

// within reports whether a finding is of the same as one that was there, and no worse.
func (f Finding) within(old Finding) bool {
	same := f.Rule == old.Rule && f.Address == old.Address && f.Attribute == old.Attribute
	return same && (f.Level == old.Level || f.Level == string(SoftMandatory)) && f.Budget.within(old.Budget)
}

// cent is by how much figures may differ that were reckoned at two moments.
const cent = 0.01

// within reports whether the same budget is exceeded by no more than it was.
func (b *BudgetFigures) within(old *BudgetFigures) bool {
	if b == nil || old == nil {
		return b == old
	}
	return b.Budget == old.Budget && b.excess() <= old.excess()+cent
}

// excess is by how much the budget is going to be exceeded, in this month or a whole one.
func (b *BudgetFigures) excess() float64 { return max(0, b.Forecast-b.Amount, b.Next-b.Amount) }

// brief names a finding in a few words.
func (f Finding) brief() string {
	return fmt.Sprintf("%s (%s): %s", f.Rule, f.Level, strings.TrimSpace(f.Address+" "+f.Message))
}
