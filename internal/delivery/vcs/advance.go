package vcs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what pull requests ask of the queue.
const (
	// maxPending is how many plans and applies of pull requests a tenant may have
	// under way; the rest wait without a place in the queue of runs.
	maxPending = 20
	// busyPause is when a pull request that waits for such a place looks again.
	busyPause = 5 * time.Second
)

// step is one look at a pull request.
type step struct {
	*Service
	repo   Repository
	access Access
	host   Host
	p      *PullRequest
	checks []Check
}

// advance does what a pull request needs next. It returns when it has to be
// looked at again, 0 for not before something happens.
func (s *Service) advance(ctx context.Context, p *PullRequest) (time.Duration, error) {
	r, err := s.Store.RepositoryByID(ctx, p.Repository)
	if err != nil {
		return 0, err
	}
	st := &step{Service: s, repo: r, p: p}
	if st.access, st.host, err = s.access(ctx, r); err != nil {
		return 0, err
	}
	if st.checks, err = s.Store.Checks(ctx, r.Scope, r.ID, p.Number); err != nil {
		return 0, err
	}
	if err := st.overall(ctx); err != nil { // a fetch or a build may take its time
		return 0, err
	}
	planned, applied := p.Work.Planned, p.Work.Applied
	full, err := st.begin(ctx)
	if err != nil {
		return 0, errors.Join(err, st.tell(ctx))
	}
	if p.Work.Planned != planned || p.Work.Applied != applied { // before anybody is told
		if err := st.keepBegun(ctx); err != nil {
			return 0, err
		}
	}
	if err := st.refresh(ctx); err != nil {
		return 0, err
	}
	if err := st.tell(ctx); err != nil {
		return 0, err
	}
	switch {
	case full:
		return busyPause, nil
	case slices.ContainsFunc(st.checks, func(c Check) bool { return c.State == Pending }):
		return soon, nil
	default:
		return 0, nil
	}
}

// keepBegun saves what was planned and applied. News of the pull request that came meanwhile
// stay and are looked at next; the error is Stale where somebody wants the work done anew.
func (st *step) keepBegun(ctx context.Context) error {
	kept := *st.p
	for {
		err := st.Store.SavePull(ctx, kept)
		if !kernel.Is(err, kernel.Stale) {
			if err == nil && kept.Work.Revision == st.p.Work.Revision {
				st.p.Work.Revision++
			}
			return err
		}
		now, failed := st.Store.Pull(ctx, kept.Scope, kept.Repository, kept.Number)
		if failed != nil || now.Work.Wanted != kept.Work.Wanted {
			return errors.Join(failed, err)
		}
		now.Work.Planned, now.Work.Applied = kept.Work.Planned, kept.Work.Applied
		kept = now
	}
}

// begin makes the checks that are missing; full tells that they have to wait.
func (st *step) begin(ctx context.Context) (full bool, err error) {
	p := st.p
	if err := st.supersede(ctx); err != nil {
		return false, err
	}
	wantsPlan := p.State == Open && p.Work.Planned != p.Head
	apply := st.toApply()
	if !wantsPlan && apply == "" {
		return false, nil
	}
	if p.strange() {
		p.Work.Note = "The change comes from a fork, and a plan runs its code. A member of " + st.repo.Scope.Project + " looks at it and lets it be planned with:\n\n" +
			fence(approveCommand(st.repo, *p))
		return false, nil
	}
	pending, err := st.Store.PendingChecks(ctx, st.repo.Scope)
	if err != nil || pending >= maxPending {
		return true, err
	}
	if wantsPlan {
		if err := st.plan(ctx); err != nil {
			return false, err
		}
	}
	if apply != "" {
		return false, st.apply(ctx, apply)
	}
	return false, nil
}

// toApply returns the commit that is to be applied now, "" for none.
func (st *step) toApply() string {
	p := st.p
	switch {
	case p.State == Merged && p.MergeCommit != "" && p.Work.Applied != p.MergeCommit:
		return p.MergeCommit
	case p.State == Open && p.ApplyAsked == p.Head && p.Head != "" && p.Work.Applied != p.Head:
		return p.Head
	default:
		return ""
	}
}
