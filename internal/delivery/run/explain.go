package run

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Explanation tells why a run is where it is, and what to do next.
type Explanation struct {
	Run     string   `json:"run"`
	Status  Status   `json:"status"`
	Summary string   `json:"summary"`
	Details []string `json:"details"`
	// Next are what a person can do now.
	Next []string `json:"next"`
}

func (x *Explanation) detail(format string, args ...any) {
	x.Details = append(x.Details, fmt.Sprintf(format, args...))
}

func (x *Explanation) next(format string, args ...any) {
	x.Next = append(x.Next, fmt.Sprintf(format, args...))
}

// Explain tells why the run is where it is.
func (s *Service) Explain(ctx context.Context, scope kernel.Scope, id string) (Explanation, error) {
	r, err := s.See(ctx, scope, id)
	if err != nil {
		return Explanation{}, err
	}
	l, err := s.Store.Lease(ctx, r.Stack)
	if err != nil {
		return Explanation{}, err
	}
	open, err := s.Store.Open(ctx, r.Scope, r.Stack)
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{Run: r.ID, Status: r.Status, Summary: describe(r), Details: []string{}, Next: []string{}}
	x.detail("%s asked for %s of %s to %s at %s", r.RequestedBy.Name, r.Operation, r.Release, r.Scope.Stage, r.CreatedAt.Format(time.RFC3339))
	barred, err := s.explainAvailability(ctx, &x, r)
	if err != nil {
		return x, err
	}
	for _, in := range r.Inputs {
		x.detail("it takes %s", in.Told())
	}
	if orphans := r.orphans(); len(orphans) > 0 {
		x.detail("it removes what %s takes from, as %s insisted", strings.Join(orphans, ", "), r.RequestedBy.Name)
	}
	if r.Cause != nil {
		x.detail("Terrace asked for it by itself, for what %s had brought: %s", r.Cause.Run, r.Cause.Message)
	}
	s.explainStatus(ctx, &x, r, l, open)
	explainInterruptions(&x, r)
	if barred != nil {
		x.barred(r, *barred)
	}
	explainGates(&x, r, s.Clock.Now())
	explainEnd(&x, r)
	holds, err := s.explainSince(ctx, &x, r)
	if err != nil {
		return x, err
	}
	if holds {
		s.explainAfter(&x, r)
	}
	return x, nil
}

func (s *Service) explainStatus(ctx context.Context, x *Explanation, r Run, l Lease, open []Run) {
	switch {
	case r.Status == Queued:
		explainQueued(x, r, open)
	case r.Status == AwaitingApproval:
		explainApproval(x, r, s.Clock.Now())
	case r.deferred(s.Clock.Now()):
		explainDeferral(x, r)
	case r.Status.Live():
		s.explainExecution(ctx, x, r, l)
	}
}

func explainQueued(x *Explanation, r Run, open []Run) {
	switch w := r.Waits; {
	case w == nil:
		x.detail("it is the first in the queue of %s and is about to start", r.Stack)
	case w.For == WaitRun:
		x.detail("%s", w.Message)
		if len(open) > 0 && open[0].Status.waiting() {
			x.next("approve the one ahead, or end it with terrace run discard %s", w.Run)
		}
		x.next("terrace run discard %s takes it out of the queue", r.ID)
	default:
		x.detail("it is the first in the queue of %s; %s", r.Stack, w.Message)
		if w.Ahead > 0 {
			x.detail("ahead of it in the queue of the tenant: %d", w.Ahead)
		}
		x.next("terrace run discard %s takes it out of the queue", r.ID)
	}
}

func explainApproval(x *Explanation, r Run, now time.Time) {
	for _, o := range disownedOverrides(r) {
		x.detail("the override of %s by %s counts no longer: %s may not override any more", o.Gate, o.By.Name, o.By.Name)
	}
	if gates := openOverrides(r); len(gates) > 0 {
		x.detail("%s", needsOverride(gates))
		for _, gate := range gates {
			x.next("mend what the gate %s says, or have it overridden: terrace policy override %s --gate %s --reason …", gate, r.ID, gate)
		}
	}
	if missing(r, now) == 0 && r.Required.Count == 0 {
		x.next("terrace run discard %s ends it; nothing was changed", r.ID)
		return
	}
	x.detail("the dossier is %s; %s demands %s", r.Dossier.Short(), r.Scope.Stage, needs(r.Required))
	for _, a := range counting(r, now) {
		x.detail("%s approved it at %s%s", a.By.Name, a.At.Format(time.RFC3339), until(a))
	}
	for _, a := range lapsed(r, now) {
		if a.Disowned {
			x.detail("the approval by %s counts no longer: %s may not approve any more", a.By.Name, a.By.Name)
			continue
		}
		x.detail("the approval by %s expired at %s and counts no longer", a.By.Name, a.ExpiresAt.Format(time.RFC3339))
	}
	x.detail("%s", outstanding(r, now))
	if r.Required.OtherThanRequester {
		x.detail("%s asked for the run, so %s may not approve it", r.RequestedBy.Name, r.RequestedBy.Name)
		if r.Initiator != nil {
			x.detail("%s brought the release on its way here, so %s may not either", r.Initiator.Name, r.Initiator.Name)
		}
	}
	x.next("look at terrace run show %s, then terrace run approve %s", r.ID, r.ID)
	x.next("terrace run discard %s ends it; nothing was changed", r.ID)
}

func until(a Approval) string {
	if a.ExpiresAt == nil {
		return ""
	}
	return ", which counts until " + a.ExpiresAt.Format(time.RFC3339)
}

// explainDeferral tells when a run that waits for its stage goes on.
func explainDeferral(x *Explanation, r Run) {
	if r.Deferral.Opens != nil {
		x.detail("it goes on by itself at %s, or when the windows of %s are changed; nothing was applied yet", r.Deferral.Opens.Format(time.RFC3339), r.Scope.Stage)
	}
	for _, a := range r.Approvals {
		if a.Digest == r.Dossier {
			x.detail("%s approved it at %s%s", a.By.Name, a.At.Format(time.RFC3339), until(a))
		}
	}
	x.next("see terrace stage show %s for its windows", r.Scope.Stage)
	x.next("terrace run discard %s ends it; nothing was changed", r.ID)
}

func (s *Service) explainExecution(ctx context.Context, x *Explanation, r Run, l Lease) {
	switch {
	case r.Waits != nil && s.dead(l):
		x.detail("nobody executes it at this moment: %s", r.Waits.Message)
	case l.Run != r.ID:
		x.detail("nobody executes it at this moment; it is taken up within %s", SweepEvery)
	case s.dead(l):
		x.detail("node %s held its lease with fence %d and is gone; it is continued within %s", l.Node, l.Fence, SweepEvery)
	default:
		x.detail("%s executes it, with fence %d, attempt %d of %d", s.executor(r, l), l.Fence, r.Attempt, MaxAttempts)
	}
	if p := s.progress(ctx, r); p != nil {
		x.detail("so far, %s", p)
	}
	if n := len(r.Phases); n > 0 {
		x.detail("in phase %s since %s", r.Phases[n-1].Name, r.Phases[n-1].Started.Format(time.RFC3339))
	}
	x.next("terrace run logs -f %s follows it", r.ID)
	x.next("terrace run cancel %s stops it", r.ID)
}

// executor names what does the work of a run: the node that holds its lease, or a remote
// runner to which that node hands it.
func (s *Service) executor(r Run, l Lease) string {
	if st, err := s.Stages.Get(r.Scope.Stage); err == nil && len(st.Runners) > 0 {
		return fmt.Sprintf("a runner with the labels %s, of node %s,", stage.LabelText(st.Runners), l.Node)
	}
	return "node " + l.Node
}

func explainGates(x *Explanation, r Run, now time.Time) {
	for _, g := range r.Gates {
		if g.Gate == approvalGate && r.Status == AwaitingApproval {
			continue
		}
		outcome := string(g.Outcome)
		if g.Outcome == Missed && g.Level == Advisory {
			outcome = "warns"
		}
		if g.Gate == approvalGate && g.Outcome == Waiting && missing(r, now) == 0 {
			outcome = "passed, approved by " + approvers(counting(r, now))
		}
		for _, o := range r.Overrides {
			if o.Gate == g.Gate && o.counts(r.Dossier) {
				outcome = fmt.Sprintf("overridden by %s (%s)", o.By.Name, o.Reason)
			}
		}
		x.detail("gate %s (%s) %s: %s", g.Gate, g.Level, outcome, g.Message)
		for _, f := range g.Findings {
			x.detail("%s", f)
		}
		explainCost(x, g.Cost)
		explainTags(x, g.Tags)
		if len(g.Findings) > 0 || r.Failure != nil && g.Blocks() {
			continue // told above, or by the failure
		}
		for _, p := range g.Problems {
			x.detail("%s: %s", g.Gate, p)
		}
	}
	if r.Plan != nil {
		x.detail("the plan: %d to create, %d to update, %d to replace, %d to delete", r.Plan.Create, r.Plan.Update, r.Plan.Replace, r.Plan.Delete)
	}
}

func explainEnd(x *Explanation, r Run) {
	for _, c := range r.Verification {
		x.detail("check %s: %s", strings.TrimSpace(c.Check+" "+c.URL), c.Message)
	}
	if r.Failure == nil {
		return
	}
	x.detail("it ended in phase %s: %s", r.Failure.Phase, r.Failure.Message)
	for _, p := range r.Failure.Problems {
		x.detail("%s", p)
	}
	if r.Failure.Fix != "" {
		x.next("%s", r.Failure.Fix)
	}
}

// explainAfter tells where a release that succeeded can go now.
func (s *Service) explainAfter(x *Explanation, r Run) {
	if r.Status != Succeeded || r.Operation == Destroy {
		return
	}
	if after, ok := s.Stages.After(r.Scope.Stage); ok {
		x.next("terrace promote %s --to %s", r.Workload, after.Name)
	}
}
