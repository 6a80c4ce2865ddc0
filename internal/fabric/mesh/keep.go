package mesh

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
)

// Keep makes the documents that an owner keeps in a project be as its files say, all of them or
// none. It is the platform's own door: its callers have checked that the owner may act for the
// project.
func (s *Service) Keep(ctx context.Context, k ownership.Keeping, files []meshdoc.File) ([]Change, error) {
	for i := range files {
		files[i].Project = k.Scope.Project
	}
	return s.make(ctx, k.Scope, files, Options{DryRun: k.DryRun}, &k)
}

// Release has an owner keep nothing of a tenant any longer; all stays as it is.
func (s *Service) Release(ctx context.Context, tenant, owner string) error {
	return s.Owners.Release(ctx, tenant, owner)
}

// prune deletes what the owner keeps in the project and the documents no longer have.
func (a *application) prune(ctx context.Context) error {
	if a.keep == nil || !a.keep.Prune {
		return nil
	}
	owned, err := a.Owners.Owned(ctx, a.keep.Scope.Tenant, a.keep.Owner)
	if err != nil {
		return err
	}
	for _, p := range owned {
		if !a.leaves(p) {
			continue
		}
		if err := a.drop(ctx, p); err != nil {
			return err
		}
		a.dropped = append(a.dropped, change(p, Deleted))
	}
	return nil
}

// leaves tells whether a document goes, since its owner's files no longer have it.
func (a *application) leaves(p Policy) bool {
	return a.keep.Prunes(p.Owner, p.Scope) && !slices.ContainsFunc(a.policies, p.succeeds)
}

// succeeds tells whether one document takes the place of another.
func (p Policy) succeeds(o Policy) bool {
	return p.Kind == o.Kind && p.Name == o.Name && p.Scope == o.Scope
}
