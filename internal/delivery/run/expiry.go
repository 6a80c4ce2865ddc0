package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Lapse is an approval that counts no longer, since its time is over.
type Lapse struct {
	By        kernel.Actor `json:"by"`
	ExpiredAt time.Time    `json:"expiredAt"`
}

func (a Approval) expired(now time.Time) bool { return a.ExpiresAt != nil && !now.Before(*a.ExpiresAt) }

// lapsed are the approvals of the current dossier that have expired.
func lapsed(r Run, now time.Time) []Approval {
	return slices.DeleteFunc(slices.Clone(r.Approvals), func(a Approval) bool { return a.Digest != r.Dossier || !a.expired(now) })
}

// Lapses is when the next approval of a run expires of which nobody was told yet;
// it is zero for a run that nobody's word can hold back any longer.
func (r Run) Lapses() time.Time {
	var first time.Time
	if r.Status != AwaitingApproval && r.Status != Approved {
		return first
	}
	for _, a := range r.Approvals {
		if a.Digest == r.Dossier && a.ExpiresAt != nil && !a.Expired && (first.IsZero() || a.ExpiresAt.Before(first)) {
			first = *a.ExpiresAt
		}
	}
	return first
}

// lapse notes on the run which approvals have expired since it was told last.
func (r *Run) lapse(now time.Time) (ended []Lapse) {
	for i, a := range r.Approvals {
		if a.Digest == r.Dossier && a.expired(now) && !a.Expired {
			r.Approvals[i].Expired = true
			ended = append(ended, Lapse{By: a.By, ExpiredAt: *a.ExpiresAt})
		}
	}
	return ended
}

// ExpireApprovals tells of the approvals that have expired of runs that wait: for
// others' approvals, for their stage to open, or for their turn. What has too few
// left goes back to people; its plan stays the one that they look at.
func (s *Service) ExpireApprovals(ctx context.Context) error {
	due, err := s.Store.Lapsing(ctx, s.Clock.Now())
	for _, r := range due {
		err = errors.Join(err, s.expireApprovals(kernel.WithActor(ctx, kernel.System("run", r.Scope.Tenant)), r))
	}
	return err
}

func (s *Service) expireApprovals(ctx context.Context, r Run) error {
	var told bool
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		if r, err = s.Store.Get(ctx, r.Scope, r.ID); err != nil {
			return err
		}
		told, err = s.expireOnce(ctx, &r)
		return err
	})
	if err == nil && told {
		s.tell(ctx, r, "run.approval_expired", describe(r))
	}
	return err
}

// expireOnce leaves alone a run that somebody executes: who does looks by itself,
// before anything is applied.
func (s *Service) expireOnce(ctx context.Context, r *Run) (told bool, err error) {
	now := s.Clock.Now()
	if l, err := s.Store.Lease(ctx, r.Stack); err != nil || l.Run == r.ID && !s.dead(l) {
		return false, err
	}
	if end := r.Lapses(); end.IsZero() || now.Before(end) {
		return false, nil
	}
	c := change{to: r.Status, fact: "approval_expired", expired: r.lapse(now)}
	why := lapsedWhy(*r, now)
	if missing(*r, now) > 0 {
		c.to, r.Deferral = AwaitingApproval, nil
	}
	if c.to == AwaitingApproval {
		c.why, r.StatusReason = why, why
	}
	return true, s.stepOnce(ctx, r, c)
}

func lapsedWhy(r Run, now time.Time) string {
	if why := disownedWhy(r); why != "" {
		return why
	}
	all := lapsed(r, now)
	if all = slices.DeleteFunc(all, func(a Approval) bool { return !a.Disowned }); len(all) > 0 {
		return fmt.Sprintf("the approval by %s counts no longer, as they may not approve any more; %s", approvers(all), outstanding(r, now))
	}
	return fmt.Sprintf("the approval by %s expired before the plan was applied; %s", approvers(lapsed(r, now)), outstanding(r, now))
}

// expired sends a run whose approvals do not count any longer back to people,
// and reports whether it did. The plan stays the one that they look at.
func (e *execution) expired(ctx context.Context) (bool, error) {
	now := e.s.Clock.Now()
	gone, err := e.s.disowned(ctx, e.run)
	if err != nil {
		return false, err
	}
	known := e.run
	ended := known.disown(gone, now)
	if (missing(known, now) == 0 || len(lapsed(known, now)) == 0) && len(disownedOverrides(known)) == 0 {
		return false, nil
	}
	c := change{to: AwaitingApproval, why: lapsedWhy(known, now), fact: "approval_expired"}
	c.expired = append(ended, known.lapse(now)...)
	c.edit = func(_ context.Context, r *Run) error {
		r.disown(gone, now)
		r.lapse(now)
		r.Deferral = nil
		return nil
	}
	return true, e.move(ctx, c)
}
