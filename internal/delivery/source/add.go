package source

import (
	"cmp"
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Add makes a source of a repository that the actor may read.
func (s *Service) Add(ctx context.Context, scope kernel.Scope, n Source) (Source, error) {
	n.Tenant = scope.Tenant
	n.complete()
	if err := s.mayAdd(ctx, n); err != nil {
		return n, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	n.ID, n.CreatedBy, n.CreatedAt, n.Allowed, n.Cause = kernel.NewID("src"), actor.Name, s.Clock.Now(), nil, kernel.NewID("evt")
	n.DaemonRights = false // that is a word of its own
	n.Status = Status{Phase: Waiting}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, n); err != nil {
			return taken(n, err)
		}
		return s.recordAs(ctx, n.Cause, n, "source.added", "", map[string]any{"repository": n.where(), "branch": n.Branch, "path": n.Path, "prune": n.Prune, "builds": n.Builds})
	})
	if err == nil {
		s.bell.Ring()
	}
	return n, err
}

// complete fills in what is usual.
func (s *Source) complete() {
	s.Branch = cmp.Or(s.Branch, "main")
	s.Interval = cmp.Or(s.Interval, stage.Duration(DefaultInterval))
	s.Guard.Count = cmp.Or(s.Guard.Count, DefaultCount)
	s.Guard.Percent = cmp.Or(s.Guard.Percent, DefaultPercent)
	if s.Path = strings.Trim(s.Path, "/"); s.Path == "." {
		s.Path = ""
	}
}

// mayAdd refuses a source that the actor may not make, or that cannot be.
func (s *Service) mayAdd(ctx context.Context, n Source) error {
	if err := s.Authorizer.Authorize(ctx, ActionSet, n.scope()); err != nil {
		return err
	}
	if n.Builds || n.BuildTime != 0 {
		if err := s.Authorizer.Authorize(ctx, ActionTrust, n.scope()); err != nil {
			return err
		}
	}
	if err := n.check(); err != nil {
		return err
	}
	where := kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}
	if err := s.Authorizer.Authorize(ctx, "repo.read", where); err != nil {
		return err
	}
	_, err := s.Repositories.Find(ctx, where, n.Repository)
	return noRepository(n, err)
}

func taken(n Source, err error) error {
	if kernel.Is(err, kernel.Conflict) {
		return kernel.Errorf(kernel.Conflict, "there is a source %s already", n.Name).WithFix("choose another name, or remove it first with: terrace source remove %s", n.Name)
	}
	return err
}

func noRepository(n Source, err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.NotFound, "there is no repository %s in %s", n.Repository, n.RepositoryProject).WithFix("see those there are with: terrace repo list")
	}
	return err
}
