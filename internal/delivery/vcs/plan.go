package vcs

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
)

// plan makes a dry run for each workload that the pull request changes.
func (st *step) plan(ctx context.Context) error {
	p := st.p
	p.Work.Note = ""
	files, base, err := st.changed(ctx)
	if err != nil {
		return err
	}
	if err := st.review(ctx, base, files); err != nil {
		return err
	}
	bindings, err := st.bindings(ctx)
	if err != nil {
		return err
	}
	bindings = slices.DeleteFunc(bindings, func(b Binding) bool { return !b.Changed(files) })
	for _, b := range st.giversFirst(ctx, bindings, p.Head) {
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

// changed returns the files that the pull request changes, and since which commit;
// gitexec.Zero is since none.
func (st *step) changed(ctx context.Context) (names []string, base string, err error) {
	files, remote := st.Files(st.repo), st.host.Remote(st.access)
	if err := st.fetch(ctx, st.p.Head, st.p.Base); err != nil {
		return nil, "", err
	}
	if st.p.Base == "" || st.p.Base == gitexec.Zero {
		names, err = files.Files(ctx, st.p.Head, "")
		return names, gitexec.Zero, err
	}
	base, ok, err := files.MergeBase(ctx, st.p.Base, st.p.Head)
	if err == nil && !ok && st.repo.Provider != Hosted {
		if err := files.Deepen(ctx, remote, st.p.Head, st.p.Base); err != nil {
			return nil, "", err
		}
		base, ok, err = files.MergeBase(ctx, st.p.Base, st.p.Head)
	}
	if err != nil {
		return nil, "", err
	}
	if !ok {
		base = st.p.Base // all that differs is more than what was changed, never less
	}
	names, err = files.Changed(ctx, base, st.p.Head)
	return names, base, err
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
