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
	// Rest are by gate the findings that stop a plan and were too many for its dossier.
	Rest map[string][]Finding `json:"rest,omitempty"`
}

// asksAtOnce bounds the kept plans that a process reads, and asks the gates about again,
// at once: each may be large.
const asksAtOnce = 2

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
	raw, err := json.Marshal(judged{At: a.askedAt, Plan: a.planned.JSON, Rest: restOf(a.dossier.Gates)})
	if err != nil {
		return fmt.Errorf("keep what the gates looked at: %w", err)
	}
	return e.s.Plans.SaveJudged(ctx, e.scope.Tenant, e.id, a.digest, bytes.NewReader(raw))
}

// restOf is what later findings are compared with of those that a dossier has no room for.
func restOf(gates []GateResult) map[string][]Finding {
	rest := map[string][]Finding{}
	for _, g := range gates {
		for _, f := range g.rest {
			if f.stops() {
				rest[g.Gate] = append(rest[g.Gate], Finding{Rule: f.Rule, Outcome: f.Outcome, Level: f.Level, Address: f.Address, Attribute: f.Attribute, Budget: f.Budget})
			}
		}
	}
	return rest
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
		judged

		Plan json.RawMessage `json:"plan"`
	}
	if err := json.NewDecoder(kept).Decode(&read); err != nil {
		return j, fmt.Errorf("read what the gates looked at: %w", err)
	}
	j = read.judged
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
	select {
	case s.asks <- struct{}{}:
		defer func() { <-s.asks }()
	case <-ctx.Done():
		return "", ctx.Err()
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
	said := kept.stricter(r.Gates, now)
	if len(said) == 0 {
		return "", nil
	}
	return "since the gates were asked at " + kept.At.UTC().Format(time.RFC3339) + ", " + strings.Join(said, "; "), nil
}

// stricter says which gates have become so since they were asked, and how.
func (j judged) stricter(gates, now []GateResult) (said []string) {
	for _, result := range now {
		old := before(gates, result.Gate)
		old.rest = j.Rest[result.Gate]
		if more := tightened(old, result); len(more) > 0 {
			said = append(said, "the gate "+result.Gate+" has become stricter: "+few(more))
		}
	}
	return said
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
	left := map[place][]Finding{}
	for _, f := range old.stopping() {
		left[f.place()] = append(left[f.place()], f)
	}
	var more []string
	for _, f := range now.stopping() {
		same := left[f.place()]
		if i := slices.IndexFunc(same, f.within); i >= 0 {
			left[f.place()] = slices.Delete(same, i, i+1)
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
	case r.NeedsOverride():
		return 1
	default:
		return 0
	}
}

// stopping are all findings that the gate holds the run for, or ends it, those that
// were cut too. What a dossier says instead of those is none.
func (r GateResult) stopping() []Finding {
	all := slices.Concat(r.Findings[:min(maxFindings, len(r.Findings))], r.rest)
	return slices.DeleteFunc(all, func(f Finding) bool { return !f.stops() })
}

// stops reports whether the finding is one that the gate holds the run for, or ends it.
func (f Finding) stops() bool {
	return (f.Outcome == "violation" || f.Outcome == "error") && f.Level != string(Advisory)
}

// place is what a finding is of.
type place struct{ rule, address, attribute string }

func (f Finding) place() place { return place{f.Rule, f.Address, f.Attribute} }

// within reports whether a finding is no worse than one that was there, of the same.
func (f Finding) within(old Finding) bool {
	return (f.Level == old.Level || f.Level == string(SoftMandatory)) && f.Budget.within(old.Budget)
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
