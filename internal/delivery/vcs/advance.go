package vcs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
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
		if err := s.Store.SavePull(ctx, *p); err != nil {
			return 0, err
		}
		p.Work.Revision++
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
	if p.State == Open && p.Fork && p.Approved != p.Head {
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

// supersede ends the checks that nobody waits for any longer: plans of another
// commit, and those under way of what is merged or closed. What has ended already
// is not told again.
func (st *step) supersede(ctx context.Context) error {
	for i := range st.checks {
		c := &st.checks[i]
		void := c.Commit != st.p.Head || st.p.Work.Planned == "" || st.p.State != Open && c.State == Pending
		if !void || c.Kind != PlanCheck || c.State == Superseded {
			continue
		}
		if c.State == Pending && c.Run != "" {
			_, err := st.Runs.Cancel(st.acting(ctx), c.Scope, c.Run, st.outdated(*c), false)
			if err != nil && !kernel.Is(err, kernel.Conflict) && !kernel.Is(err, kernel.NotFound) {
				return err
			}
		}
		ended := c.State != Pending
		if !ended {
			c.Message = st.outdated(*c)
		}
		if c.State = Superseded; ended {
			c.Told = told(st.status(*c))
		}
		if err := st.Store.PutCheck(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

// outdated says why nobody waits for a plan any longer.
func (st *step) outdated(c Check) string {
	switch {
	case c.Commit != st.p.Head:
		return "superseded by a newer commit of the pull request"
	case st.p.State != Open:
		return "superseded, as the pull request is " + string(st.p.State)
	default:
		return "superseded, as it is planned again"
	}
}

// acting is in the name of who changed the pull request last.
func (st *step) acting(ctx context.Context) context.Context {
	actor := st.p.Actor
	if actor.ID == "" {
		actor = kernel.System("vcs", st.repo.Scope.Tenant)
	}
	if st.p.Work.Cause != "" {
		ctx = kernel.WithCause(ctx, st.p.Work.Cause)
	}
	return kernel.WithActor(ctx, actor)
}

// asking is in the name of who asks for a run. What is applied, the binding lets
// them that may merge; who they are stays, for a stage that wants somebody else
// to approve.
func (st *step) asking(ctx context.Context, kind CheckKind) context.Context {
	ctx = st.acting(ctx)
	if kind != ApplyCheck {
		return ctx
	}
	actor, _ := kernel.ActorFrom(ctx)
	actor.Kind = kernel.ActorSystem
	return kernel.WithActor(ctx, actor)
}

// plan makes a dry run for each workload that the pull request changes.
func (st *step) plan(ctx context.Context) error {
	p := st.p
	p.Work.Note = ""
	files, err := st.changed(ctx)
	if err != nil {
		return err
	}
	bindings, err := st.bindings(ctx)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		if !b.Changed(files) {
			continue
		}
		for _, stage := range b.Plan {
			if err := st.check(ctx, PlanCheck, p.Head, b, stage); err != nil {
				return err
			}
		}
	}
	p.Work.Planned = p.Head
	return nil
}

// bindings returns those of the branch that the pull request goes to.
func (st *step) bindings(ctx context.Context) ([]Binding, error) {
	all, err := st.Store.Bindings(ctx, st.repo.Scope, st.repo.ID)
	return slices.DeleteFunc(all, func(b Binding) bool { return b.on(st.repo) != st.p.Target }), err
}

// changed returns the files that the pull request changes.
func (st *step) changed(ctx context.Context) ([]string, error) {
	files, remote := st.Files(st.repo), st.host.Remote(st.access)
	if err := st.fetch(ctx, st.p.Head, st.p.Base); err != nil {
		return nil, err
	}
	if st.p.Base == "" || st.p.Base == gitexec.Zero {
		return files.Files(ctx, st.p.Head, "")
	}
	base, ok, err := files.MergeBase(ctx, st.p.Base, st.p.Head)
	if err == nil && !ok && st.repo.Provider != Hosted {
		if err := files.Deepen(ctx, remote, st.p.Head, st.p.Base); err != nil {
			return nil, err
		}
		base, ok, err = files.MergeBase(ctx, st.p.Base, st.p.Head)
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		base = st.p.Base // all that differs is more than what was changed, never less
	}
	return files.Changed(ctx, base, st.p.Head)
}

// fetch has the commits here.
func (st *step) fetch(ctx context.Context, commits ...string) error {
	if st.repo.Provider == Hosted {
		return nil
	}
	lock := st.locks.of(st.repo.ID)
	lock.Lock()
	defer lock.Unlock()
	commits = slices.DeleteFunc(commits, func(c string) bool { return c == "" || c == gitexec.Zero })
	return st.Files(st.repo).Fetch(ctx, st.host.Remote(st.access), commits...)
}

// apply deploys what the pull request changes, at the commit.
func (st *step) apply(ctx context.Context, commit string) error {
	when := ApplyOnMerge
	if st.p.State == Open {
		when = ApplyBeforeMerge
	}
	bindings, err := st.bindings(ctx)
	if err != nil {
		return err
	}
	files, err := st.merged(ctx, commit)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		planned := slices.ContainsFunc(st.checks, func(c Check) bool { return c.Kind == PlanCheck && c.Binding == b.Name && c.Commit == st.p.Head })
		if b.Apply != when || !planned && !b.Changed(files) {
			continue
		}
		for _, stage := range b.Stages {
			if err := st.check(ctx, ApplyCheck, commit, b, stage); err != nil {
				return err
			}
		}
	}
	st.p.Work.Applied = commit
	return nil
}

// merged returns the files that a merge has changed; before it, none but those
// that were planned count.
func (st *step) merged(ctx context.Context, commit string) ([]string, error) {
	if st.p.State != Merged {
		return nil, nil
	}
	if err := st.fetch(ctx, commit); err != nil {
		return nil, err
	}
	files := st.Files(st.repo)
	parents, err := files.Parents(ctx, commit)
	if err != nil || len(parents) == 0 {
		return nil, err
	}
	return files.Changed(ctx, parents[0], commit)
}
