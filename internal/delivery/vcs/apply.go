package vcs

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// apply deploys what the pull request changes, at the commit: all but what a newer
// merge has changed again, which is that one's to deploy.
func (st *step) apply(ctx context.Context, commit string) error {
	bindings, err := st.applied(ctx, commit)
	if err != nil {
		return err
	}
	newer, err := st.overtaken(ctx, bindings, commit)
	if err != nil {
		return err
	}
	for _, b := range st.giversFirst(ctx, bindings, commit) {
		for _, stage := range b.Stages {
			if number := newer[b.Name]; number != 0 {
				err = st.leave(ctx, commit, b, stage, number)
			} else {
				err = st.check(ctx, ApplyCheck, commit, b, stage)
			}
			if err != nil {
				return err
			}
		}
	}
	st.p.Work.Applied = commit
	return nil
}

// applied are the bindings that the pull request deploys at the commit.
func (st *step) applied(ctx context.Context, commit string) ([]Binding, error) {
	when := ApplyOnMerge
	if st.p.State == Open {
		when = ApplyBeforeMerge
	}
	bindings, err := st.bindings(ctx)
	if err != nil {
		return nil, err
	}
	files, err := st.merged(ctx, *st.p, commit)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(bindings, func(b Binding) bool {
		planned := slices.ContainsFunc(st.checks, func(c Check) bool { return c.Kind == PlanCheck && c.Binding == b.Name && c.Commit == st.p.Head })
		return b.Apply != when || !planned && !b.Changed(files)
	}), nil
}

// merged returns the files that the merge of a pull request has changed; before it,
// none but those that were planned count.
func (st *step) merged(ctx context.Context, p PullRequest, commit string) ([]string, error) {
	if p.State != Merged {
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

// overtaken returns, of the bindings, those that a newer merge has changed again,
// with the number of that pull request.
func (st *step) overtaken(ctx context.Context, bindings []Binding, commit string) (map[string]int, error) {
	newer := map[string]int{}
	if st.p.State != Merged || len(bindings) == 0 {
		return newer, nil
	}
	page, err := st.Store.Pulls(ctx, st.repo.Scope, st.repo.ID, Merged, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		return nil, err
	}
	for _, other := range page.Items {
		later, err := st.later(ctx, other, commit)
		if err != nil || !later {
			if err != nil {
				return nil, err
			}
			continue
		}
		files, err := st.merged(ctx, other, other.MergeCommit)
		if err != nil {
			return nil, err
		}
		for _, b := range bindings {
			if newer[b.Name] == 0 && b.Changed(files) {
				newer[b.Name] = other.Number
			}
		}
	}
	return newer, nil
}

// later reports whether another pull request was merged into the branch after the
// commit: by the history, or by the provider's clock, where the history here is
// not whole.
func (st *step) later(ctx context.Context, other PullRequest, commit string) (bool, error) {
	switch {
	case other.Number == st.p.Number || other.Target != st.p.Target || other.MergeCommit == "" || other.MergeCommit == commit:
		return false, nil
	case st.repo.Provider != Hosted:
		return other.Work.Seen.After(st.p.Work.Seen), nil
	default:
		return st.Files(st.repo).Contains(ctx, other.MergeCommit, commit)
	}
}

// leave notes that a stage gets a workload by a newer merge.
func (st *step) leave(ctx context.Context, commit string, b Binding, stage string, number int) error {
	i := slices.IndexFunc(st.checks, func(c Check) bool {
		return c.Kind == ApplyCheck && c.Commit == commit && c.Binding == b.Name && c.Stage == stage && c.State != Superseded
	})
	if i >= 0 && st.checks[i].Run != "" && st.checks[i].State == Pending {
		return nil // its run has its place in the queue, before the newer one's
	}
	c := Check{
		ID: kernel.NewID("chk"), Repository: st.repo.ID, Scope: st.repo.Scope, Number: st.p.Number, Kind: ApplyCheck, Commit: commit,
		Binding: b.Name, Stage: stage, Score: b.Score, Build: b.Build, CreatedAt: st.Clock.Now(),
	}
	if i >= 0 {
		c = st.checks[i]
	} else {
		st.checks = append(st.checks, c)
		i = len(st.checks) - 1
	}
	c.State, c.Message, c.Fix = Succeeded, fmt.Sprintf("left to pull request %d, which has changed it since and brings it to %s", number, stage), ""
	st.checks[i] = c
	return st.Store.PutCheck(ctx, c)
}

// mayReapply refuses to apply a merge again of which newer merges have changed all:
// what is deployed by now would become older.
func (s *Service) mayReapply(ctx context.Context, r Repository, number int) error {
	p, err := s.find(ctx, r, number)
	if err != nil || p.State != Merged || p.MergeCommit == "" {
		return err
	}
	st := &step{Service: s, repo: r, p: &p}
	if st.access, st.host, err = s.access(ctx, r); err != nil {
		return err
	}
	if st.checks, err = s.Store.Checks(ctx, r.Scope, r.ID, number); err != nil {
		return err
	}
	bindings, err := st.applied(ctx, p.MergeCommit)
	if err != nil {
		return err
	}
	newer, err := st.overtaken(ctx, bindings, p.MergeCommit)
	if err != nil || len(newer) == 0 || len(newer) < len(bindings) {
		return err
	}
	latest := newer[bindings[0].Name]
	return kernel.Errorf(kernel.Refused, "pull request %d has changed %s since: applying %d again would bring an older version back", latest, bindings[0].Name, number).
		WithFix("apply the newer one: terrace pr apply %d --repo %s; or go back to an earlier release with: terrace rollback WORKLOAD --stage STAGE", latest, r.Name)
}
