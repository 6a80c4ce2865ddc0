package compliance

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

const (
	// keptFindings bounds the findings that are kept of one stack.
	keptFindings = 5_000
	// toldRules bounds the rules that an event names.
	toldRules = 50
	// again is when a stack is evaluated again that could not be.
	again = 5 * time.Minute
	// evaluateFor bounds the evaluation of one stack, so that no claim outlives it.
	evaluateFor = claimFor - time.Minute
)

// evaluation is what came out for one stack.
type evaluation struct {
	watch Watch
	// words are nil where nothing was evaluated.
	words    Words
	findings []Finding
	// failed says that the policies could not be asked.
	failed bool
}

// carryOut evaluates one stack under its claim and keeps what came out. What cannot be
// evaluated is kept as that.
func (s *Service) carryOut(ctx context.Context, w Watch) error {
	ctx = kernel.WithActor(ctx, kernel.System("compliance", w.Scope.Tenant))
	basis, err := s.Policies.Revision(ctx, w.Scope.Tenant)
	if err != nil {
		return err
	}
	e, err := s.evaluate(ctx, w, basis)
	if ended := ctx.Err(); ended != nil {
		return ended // the claim ends, and another begins it again
	}
	if kernel.Is(err, kernel.NotFound) {
		return s.gone(ctx, w)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "what is applied cannot be evaluated", "stack", w.Stack(), "error", err)
		e = failed(w, err, s.Clock.Now())
	}
	e.watch.Basis = basis
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.keep(ctx, e) })
}

// evaluate holds the state in force against the policies. What was evaluated already,
// of the same state with the same policies, is not done twice; but by the schedule it
// is, since rules may ask for the time.
func (s *Service) evaluate(ctx context.Context, w Watch, basis string) (*evaluation, error) {
	version, err := s.Estate.Version(ctx, w.Place)
	if err != nil {
		return nil, err
	}
	done := w.Basis == basis && w.Standing.Version == version && w.Standing.Message == "" && w.Standing.EvaluatedAt != nil
	if done && w.Cause != CauseSchedule && w.Cause != CauseAsked {
		return &evaluation{watch: w}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, evaluateFor)
	defer cancel()
	subject, err := s.Estate.Look(ctx, w.Place)
	if err != nil {
		return nil, err
	}
	report, err := s.Policies.Evaluate(ctx, policy.Question{Input: subject.Input, Workload: w.Workload})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, kernel.Errorf(kernel.Unavailable, "the policies took longer than %s together", evaluateFor).WithFix("terrace policy eval tells which of them are slow")
	}
	if err != nil {
		return nil, err
	}
	cut(report.Results, subject)
	return judged(w, subject.Version, report, s.Clock.Now()), nil
}

// cut takes what is secret out of what policies say.
func cut(results []policy.Result, subject Subject) {
	if subject.Secret.Empty() {
		return
	}
	for i := range results {
		hide(&results[i], subject.Secret)
	}
}

// hidden stands for a sensitive value.
const hidden = "(sensitive)"

func hide(r *policy.Result, secret *conceal.Values) {
	for _, said := range []*string{&r.Message, &r.Attribute, &r.Fix, &r.Address} {
		*said = secret.Cut(*said, hidden)
	}
}

// failed is the evaluation that told nothing. The findings that were known stay, and
// nobody knows whether they still hold.
func failed(w Watch, err error, now time.Time) *evaluation {
	old := w.Standing
	w.Standing = Standing{Outcome: Errored, Cause: w.Cause, EvaluatedAt: &now, Version: old.Version, Findings: old.Findings, Blocking: old.Blocking, Omitted: old.Omitted}
	w.Standing.Message, w.Standing.Fix = said(err)
	return &evaluation{watch: w, failed: true}
}

// judged is what a report says of a stack.
func judged(w Watch, version string, report policy.Report, now time.Time) *evaluation {
	e := &evaluation{watch: w, words: Words{}, findings: []Finding{}}
	for _, id := range report.Evaluated {
		e.words[id] = Word{Outcome: Passing}
	}
	for _, id := range report.Unknown {
		e.words[id] = Word{Outcome: Errored}
	}
	resources := map[string]map[string]bool{}
	standing := Standing{Outcome: NotEvaluated, Version: version, Cause: w.Cause, EvaluatedAt: &now}
	for _, r := range report.Results {
		outcome, counts := outcomeOf(r)
		if !counts {
			continue
		}
		if resources[r.Policy] == nil {
			resources[r.Policy] = map[string]bool{}
		}
		e.words[r.Policy] = e.words[r.Policy].with(outcome, r.Address, resources[r.Policy])
		e.findings = append(e.findings, findingOf(w.Place, r, outcome, now))
		if outcome == Exempted {
			continue
		}
		standing.Findings++
		if r.Blocks() {
			standing.Blocking++
		}
	}
	for _, word := range e.words {
		standing.Outcome = standing.Outcome.Worse(word.Outcome)
		standing.Policies.Add(word.Outcome)
	}
	e.findings = once(e.findings)
	if over := len(e.findings) - keptFindings; over > 0 {
		e.findings, standing.Omitted = e.findings[:keptFindings], over
	}
	e.watch.Standing = standing
	return e
}

// with adds a result; seen are the resources that were counted.
func (w Word) with(o Outcome, address string, seen map[string]bool) Word {
	w.Outcome = w.Outcome.Worse(o)
	if o == Exempted {
		w.Exempted++
		return w
	}
	w.Findings++
	seen[address] = true
	w.Resources = len(seen)
	return w
}

// outcomeOf is what a result means for its rule; warnings mean nothing.
func outcomeOf(r policy.Result) (o Outcome, counts bool) {
	switch r.Outcome {
	case policy.Violated:
		return Failing, true
	case policy.Errored:
		return Errored, true
	case policy.Excepted, policy.Exempted:
		return Exempted, true
	default:
		return Passing, false
	}
}

func findingOf(p Place, r policy.Result, o Outcome, now time.Time) Finding {
	id := kernel.DigestOf([]byte(strings.Join([]string{p.Stack(), r.Policy, string(o), r.Address, r.Attribute, r.Message}, "\x00"))).Hex()
	return Finding{
		ID: "fnd_" + id[:24], Project: p.Scope.Project, Stage: p.Scope.Stage, Workload: p.Workload, Rule: r.Policy, Outcome: o,
		Level: r.Level, Severity: r.Severity, Address: r.Address, Type: r.Type, Attribute: r.Attribute, Message: r.Message, Fix: r.Fix,
		Controls: r.Controls.Names(), Since: now, Exemption: r.Exemption,
	}
}

// once leaves one of findings that say the same of the same.
func once(all []Finding) []Finding {
	known := map[string]bool{}
	return slices.DeleteFunc(all, func(f Finding) bool {
		twice := known[f.ID]
		known[f.ID] = true
		return twice
	})
}

// keep writes what came out, and tells what it changed.
func (s *Service) keep(ctx context.Context, e *evaluation) error {
	now := s.Clock.Now()
	next := slot(e.watch.Stack(), s.Every, now)
	if e.failed && next.After(now.Add(again)) {
		next = now.Add(again)
	}
	if err := s.Store.Finish(ctx, e.watch, next, now); err != nil {
		return err
	}
	if e.words == nil && !e.failed {
		return nil // it was done already
	}
	before, known, err := s.Store.Current(ctx, e.watch.Stack())
	if err != nil {
		return err
	}
	if e.failed {
		e.words = unknown(before.Words)
	} else if err := s.findings(ctx, e); err != nil {
		return err
	}
	if known && maps.Equal(before.Words, e.words) {
		return nil
	}
	if err := s.Store.Begin(ctx, Span{ID: kernel.NewID("spn"), Place: e.watch.Place, Since: now, Until: Open(), Words: e.words}); err != nil {
		return err
	}
	return s.tell(ctx, e.watch, before.Words, e.words)
}

// unknown is what is known of a stack that cannot be evaluated: that of no rule it is
// known how it stands.
func unknown(before Words) Words {
	words := Words{}
	for id := range before {
		words[id] = Word{Outcome: Errored}
	}
	return words
}

// findings replaces those of a stack; those that were there keep since when.
func (s *Service) findings(ctx context.Context, e *evaluation) error {
	known, err := s.Store.Findings(ctx, e.watch.Stack())
	if err != nil || len(known)+len(e.findings) == 0 {
		return err
	}
	since := map[string]time.Time{}
	for _, f := range known {
		since[f.ID] = f.Since
	}
	for i := range e.findings {
		if at, ok := since[e.findings[i].ID]; ok {
			e.findings[i].Since = at
		}
	}
	return s.Store.Replace(ctx, e.watch.Place, e.findings)
}

// change is what an event of compliance tells: names, and no value.
type change struct {
	Stack    string  `json:"stack"`
	Workload string  `json:"workload"`
	Outcome  Outcome `json:"outcome"`
	// Began and Ceased are rules that the stack began or ceased to violate, the first
	// of them; BeganCount and CeasedCount count all.
	Began       []string `json:"began"`
	BeganCount  int      `json:"beganCount"`
	Ceased      []string `json:"ceased"`
	CeasedCount int      `json:"ceasedCount"`
	Errors      int      `json:"errors"`
	Cause       string   `json:"cause"`
}

// tell records that a stack began or ceased to violate rules.
func (s *Service) tell(ctx context.Context, w Watch, before, now Words) error {
	var began, ceased []string
	for id, word := range now {
		if word.Outcome == Failing && before[id].Outcome != Failing {
			began = append(began, id)
		}
	}
	for id, word := range before {
		if is := now[id].Outcome; word.Outcome == Failing && is != Failing && is != Errored {
			ceased = append(ceased, id)
		}
	}
	if len(began)+len(ceased) == 0 {
		return nil
	}
	c := change{
		Stack: w.Stack(), Workload: w.Workload, Outcome: w.Standing.Outcome, Began: first(began), BeganCount: len(began),
		Ceased: first(ceased), CeasedCount: len(ceased), Errors: w.Standing.Policies.Error, Cause: w.Cause,
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: "compliance.changed", Scope: w.Scope, Subject: w.Stack(), Data: c})
}

func first(ids []string) []string {
	slices.SortFunc(ids, cmp.Compare[string])
	if ids == nil {
		return []string{}
	}
	return ids[:min(len(ids), toldRules)]
}
