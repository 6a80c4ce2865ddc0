package compliance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	// said tells the words and the findings from others; it is empty where it failed.
	said string
	// failed says that the policies could not be asked, gone that nothing is applied.
	failed, gone bool
}

// evaluateAll evaluates stacks under their claim, one after the other, for a stint. Those
// that it does not come to are left; one that is interrupted is neither, since it may
// be what is wrong with the process: its claim ends, and another begins it again.
func (s *Service) evaluateAll(ctx context.Context, claimed []Watch) (done []*evaluation, left []Watch, err error) {
	bases, until := map[string]string{}, s.Clock.Now().Add(stint)
	for i, w := range claimed {
		if i > 0 && (ctx.Err() != nil || s.Clock.Now().After(until)) {
			return done, claimed[i:], nil
		}
		ctx := asSystem(ctx, w.Scope.Tenant)
		basis, known := bases[w.Scope.Tenant]
		if !known {
			if basis, err = s.Policies.Revision(ctx, w.Scope.Tenant); err != nil {
				return done, claimed[i:], err
			}
			bases[w.Scope.Tenant] = basis
		}
		e, err := s.evaluate(ctx, w, basis)
		if ctx.Err() != nil {
			return done, claimed[i+1:], nil
		}
		done = append(done, s.evaluated(ctx, w, basis, e, err))
	}
	return done, nil, nil
}

func asSystem(ctx context.Context, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.System("compliance", tenant))
}

// evaluated is what came out of an evaluation with the policies of a revision. What
// cannot be evaluated is kept as that.
func (s *Service) evaluated(ctx context.Context, w Watch, basis string, e *evaluation, err error) *evaluation {
	switch {
	case kernel.Is(err, kernel.NotFound):
		return &evaluation{watch: w, gone: true}
	case err != nil:
		s.Log.WarnContext(ctx, "what is applied cannot be evaluated", "stack", w.Stack(), "error", err)
		e = failed(w, err, s.Clock.Now())
	}
	e.watch.Basis = basis
	return e
}

// evaluate holds the state in force against the policies. What was evaluated already,
// of the same state with the same policies, is not done twice; but by the schedule it
// is, since rules may ask for the time.
func (s *Service) evaluate(ctx context.Context, w Watch, basis string) (*evaluation, error) {
	known := ""
	if w.Basis == basis && w.Standing.Message == "" && w.Standing.EvaluatedAt != nil && w.Cause != CauseSchedule && w.Cause != CauseAsked {
		known = w.Standing.Version
	}
	ctx, cancel := context.WithTimeout(ctx, evaluateFor)
	defer cancel()
	subject, err := s.Estate.Look(ctx, w.Place, known)
	if err != nil {
		return nil, err
	}
	if known != "" && subject.Version == known {
		return &evaluation{watch: w}, nil
	}
	report, err := s.Policies.Evaluate(ctx, policy.Question{Input: subject.Input, Workload: w.Workload})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, kernel.Errorf(kernel.Unavailable, "the policies took longer than %s together", evaluateFor).WithFix("terrace policy eval tells which of them are slow")
	}
	if err != nil {
		return nil, err
	}
	cut(report.Results, subject)
	e := judged(w, subject.Version, report, s.Clock.Now())
	e.said, err = mark(e.words, e.findings)
	return e, err
}

// mark tells what rules say from anything else that they may say: what they say again
// is known and written already.
func mark(words Words, findings []Finding) (string, error) {
	findings = slices.Clone(findings)
	for i := range findings {
		findings[i].Since = time.Time{}
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
	text, err := json.Marshal(struct {
		Words    Words
		Findings []Finding
	}{words, findings})
	if err != nil {
		return "", fmt.Errorf("mark what rules say: %w", err)
	}
	return kernel.DigestOf(text).Hex(), nil
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
