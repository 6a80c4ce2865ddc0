package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// queue puts the run at the end of its stack's queue. What it makes void ends.
// asked is the workload that a new release is of, nil where it is an older one.
func (s *Service) queue(ctx context.Context, r *Run, asked *workload.Workload) (superseded []Run, err error) {
	ahead, err := s.Store.Open(ctx, r.Scope, r.Stack)
	if err != nil {
		return nil, err
	}
	if err := s.link(ctx, r, asked); err != nil {
		return nil, err
	}
	if r.CausedBy == "" && r.Event == "" {
		r.begin(ctx, Origin{})
	}
	r.CreatedAt = s.Clock.Now()
	s.enter(r, Queued, "") // what it waits for changes: Wait tells it
	r.UpdatedAt = r.CreatedAt
	if err := s.Store.Insert(ctx, *r); err != nil {
		return nil, err
	}
	if superseded, err = s.supersedeOlder(ctx, append(ahead, *r)); err != nil {
		return nil, err
	}
	if err := s.Jobs.Enqueue(ctx, r.Scope, r.ID); err != nil {
		return nil, err
	}
	return superseded, s.record(ctx, *r, change{to: Queued, reason: r.Reason, begins: true})
}

// supersedeOlder ends, of the runs of a stack that have not ended, those that are
// queued or wait, for people or for their stage, and behind which another brings a
// newer release: nobody wants them any longer. One that is executed is left alone.
func (s *Service) supersedeOlder(ctx context.Context, open []Run) (superseded []Run, err error) {
	last := len(open) - 1
	for ; last >= 0 && !open[last].supersedes(); last-- {
	}
	for _, old := range open[:max(0, last)] {
		if !old.supersedes() {
			continue
		}
		if idle, err := s.idle(ctx, old); err != nil || !idle {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := s.supersede(ctx, &old, open[last].ID); err != nil {
			return nil, err
		}
		superseded = append(superseded, old)
	}
	return superseded, nil
}

// supersedes reports whether the run makes an older one like it void, and is made
// so by a newer one. A dry run carries nothing.
func (r Run) supersedes() bool { return !r.DryRun && r.carries() }

// idle reports whether nobody executes the run, and what it waits for is its turn,
// people, or its stage.
func (s *Service) idle(ctx context.Context, r Run) (bool, error) {
	if r.Status == Queued || r.Status.waiting() {
		return true, nil
	}
	if r.Status != Approved || r.Deferral == nil {
		return false, nil
	}
	l, err := s.Store.Lease(ctx, r.Stack)
	return err == nil && (l.Run != r.ID || s.dead(l)), err
}

// outdate ends what a newer release has made void, after a run came to wait or
// was queued: each of both sees the other, whichever was first. What fails here
// a person can still discard.
func (s *Service) outdate(ctx context.Context, r Run) {
	crowded, err := s.Store.Crowded(ctx, r.Scope, r.Stack)
	if err == nil && !crowded {
		return
	}
	var superseded []Run
	if err == nil {
		err = s.retry(ctx, func(ctx context.Context) error {
			open, err := s.Store.Open(ctx, r.Scope, r.Stack)
			if err != nil {
				return err
			}
			superseded, err = s.supersedeOlder(ctx, open)
			return err
		})
	}
	if err != nil {
		s.Log.WarnContext(ctx, "a run that a newer one has made void goes on to wait", "stack", r.Stack, "error", err)
		return
	}
	for _, old := range superseded {
		s.tell(ctx, old, "run.superseded", describe(old))
	}
}

func (s *Service) supersede(ctx context.Context, old *Run, by string) error {
	why := "superseded by " + by
	message := why + ", which brings a newer release"
	if n := len(counting(*old, s.Clock.Now())); n > 0 {
		message += fmt.Sprintf("; the approvals that it had, %d, are void", n)
	}
	old.Failure = &Failure{Phase: old.Status.verb(), Message: message, Fix: old.leaves() + "; see terrace run show " + by}
	return s.stepOnce(ctx, old, change{to: Superseded, why: why, edit: s.broken})
}

// begun reports whether an apply of the run was begun, at whatever it is now.
func (r Run) begun() bool {
	return slices.ContainsFunc(r.Phases, func(p Phase) bool { return p.Name == Applying.phase() })
}

// leaves says what is there of a run that ends before its apply, or before
// another one after an interruption.
func (r Run) leaves() string {
	if r.begun() {
		return "a part of it was applied before an interruption"
	}
	return "nothing was changed"
}
