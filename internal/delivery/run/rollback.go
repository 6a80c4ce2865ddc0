package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Cause is why Terrace asked for a run by itself.
type Cause struct {
	// Run is the one that deployed what does not hold, or changed the outputs.
	Run string `json:"run"`
	// Verification is the one that found it out, "" where the run itself did.
	Verification string `json:"verification,omitempty"`
	// Outputs are the ones whose change made the run necessary.
	Outputs []string `json:"outputs,omitempty"`
	Message string   `json:"message"`
}

// RollbackNote tells what a stage that rolls back by itself did.
type RollbackNote struct {
	// Run is the one that rolls back, "" where none does.
	Run string `json:"run,omitempty"`
	// Release is the one that it returns to.
	Release *ReleaseRef `json:"release,omitempty"`
	Message string      `json:"message"`
}

// rollBack queues, where the stage rolls back by itself, the run that returns it
// to its last verified release, and says so in v; else it says why not. by is
// for what the release was brought there: what a rollback brought is not rolled
// back any further, so that it ends.
func (s *Service) rollBack(ctx context.Context, d Deployment, by Operation, cause Cause, v *verdict) error {
	st, err := s.Stages.Get(d.Scope.Stage)
	if err != nil || st.Rollback != stage.RollbackAutomatic {
		return err
	}
	to, why, err := s.rollbackTarget(ctx, d, by, cause)
	if err != nil {
		return err
	}
	if to == nil {
		v.note = &RollbackNote{Message: why}
		return nil
	}
	r := Run{
		ID: kernel.NewID("run"), Stack: d.Stack, Scope: d.Scope, Workload: d.Workload, Release: *to, Operation: Rollback,
		RequestedBy: kernel.System("rollback", d.Scope.Tenant), Cause: &cause,
		Reason: fmt.Sprintf("%s did not hold in %s: %s", d.Release, st.Name, cause.Message),
	}
	if r.Bounds, err = s.boundsOf(ctx, d.Scope, cause.Run); err != nil {
		return err
	}
	r.begin(ctx, d.Origin)
	superseded, err := s.queue(ctx, &r, nil)
	if err != nil {
		return err
	}
	v.note = &RollbackNote{Run: r.ID, Release: to, Message: fmt.Sprintf("%s returns %s to %s, which was verified there last", r.ID, st.Name, to)}
	if p, _, err := s.closed(st); err != nil {
		return err
	} else if p != nil {
		v.note.Message += "; " + p.Message + ", and it is not applied before"
	}
	v.changed = append(append(v.changed, superseded...), r)
	return s.record(ctx, r, change{to: Queued, fact: "rollback_queued", reason: r.Reason})
}

// rollbackTarget finds the release to return to; why says why there is none.
func (s *Service) rollbackTarget(ctx context.Context, d Deployment, by Operation, cause Cause) (to *ReleaseRef, why string, err error) {
	if by == Rollback {
		return nil, fmt.Sprintf("%s was a rollback already: it is not rolled back any further by itself", cause.Run), nil
	}
	open, err := s.Store.Open(ctx, d.Scope, d.Stack)
	if err != nil {
		return nil, "", err
	}
	for _, r := range open {
		if !r.DryRun && r.ID != cause.Run {
			return nil, fmt.Sprintf("nothing is rolled back: %s (%s of %s) is on its way already", r.ID, r.Operation, r.Release), nil
		}
	}
	all, err := s.Store.VerifiedReleases(ctx, d.Scope, d.Workload)
	if err != nil {
		return nil, "", err
	}
	var last *Verified
	for i, v := range all {
		if v.Release.ID != d.Release.ID && (last == nil || v.Last.After(last.Last)) {
			last = &all[i]
		}
	}
	if last == nil {
		return nil, fmt.Sprintf("nothing is rolled back: no other release of %s is verified in %s", d.Workload, d.Scope.Stage), nil
	}
	return &last.Release, "", nil
}

// needless ends a rollback that Terrace asked for by itself when what it was to
// replace is not there any longer, or holds again.
func (e *execution) needless(ctx context.Context) (bool, error) {
	r := e.run
	if r.Operation != Rollback || r.Cause == nil {
		return false, nil
	}
	d, err := e.s.Store.Deployment(ctx, r.Scope, r.Workload)
	if err != nil {
		return false, err
	}
	var why string
	switch {
	case d.Run != r.Cause.Run && d.Run != r.ID:
		why = fmt.Sprintf("%s has replaced what was to be rolled back", d.Run)
	case d.Status == DeploymentVerified:
		why = fmt.Sprintf("%s is verified in %s again", d.Release, r.Scope.Stage)
	default:
		return false, nil
	}
	return true, e.move(ctx, change{to: Discarded, why: why, edit: func(_ context.Context, r *Run) error {
		r.Failure = &Failure{Phase: "approval", Message: why + ": nothing is rolled back", Fix: "nothing was changed"}
		return nil
	}})
}
