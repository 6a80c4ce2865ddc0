package config

import (
	"context"
	"sort"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// seen are all revisions that are kept, the newest first.
func (s *Service) seen(ctx context.Context, scope kernel.Scope) (all []Revision, err error) {
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := s.Store.ListRevisions(ctx, scope, page)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if page.Cursor = found.Next; page.Cursor == "" {
			return all, nil
		}
	}
}

// pusher is who brought a commit: who pushed the first revision that has it. It is nobody
// where that cannot be told: the commit was there before the configuration was connected, or
// is older than what is kept.
func pusher(ctx context.Context, files gitexec.Repo, seen []Revision, commit string) string {
	// Those that do not have it come after those that have.
	after := sort.Search(len(seen), func(i int) bool {
		if seen[i].Commit == commit {
			return false
		}
		has, err := files.Contains(ctx, seen[i].Commit, commit)
		return err != nil || !has // a copy may not have all commits
	})
	if after == 0 || after == len(seen) && seen[after-1].Commit != commit {
		return ""
	}
	return seen[after-1].PushedBy
}
