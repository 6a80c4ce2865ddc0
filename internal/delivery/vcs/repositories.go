package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// NewRepository is what a hosted repository is made from.
type NewRepository struct {
	Name string
	// Branch is the default branch, main where it is empty.
	Branch     string
	Protection Protection
	// Quota is in bytes; 0 is DefaultQuota.
	Quota int64
}

// Create makes a hosted repository, empty.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, n NewRepository) (Repository, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, ActionCreate, scope); err != nil {
		return Repository{}, err
	}
	r := s.repository(ctx, scope, n.Name, Hosted)
	r.DefaultBranch, r.Protection, r.Quota = n.Branch, n.Protection, n.Quota
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if r.Quota == 0 {
		r.Quota = DefaultQuota
	}
	if err := r.check(); err != nil {
		return r, err
	}
	if err := s.add(ctx, r); err != nil {
		return r, err
	}
	// The record is first: a folder without one is not served, and the first use
	// makes a folder that a crash in between left out.
	return r, s.Files(r).Init(ctx, r.DefaultBranch)
}

func (r Repository) check() error {
	if err := checkRepositoryName(r.Name); err != nil {
		return err
	}
	if err := checkBranch(r.DefaultBranch); err != nil {
		return err
	}
	if r.Quota < 0 || r.Quota > MaxQuota {
		return kernel.Errorf(kernel.Invalid, "a repository cannot have a quota of %d bytes", r.Quota).WithFix("give at most %d", int64(MaxQuota))
	}
	return r.Protection.check()
}

func (s *Service) repository(ctx context.Context, scope kernel.Scope, name string, p Provider) Repository {
	r := Repository{ID: kernel.NewID("repo"), Scope: scope, Name: name, Provider: p, CreatedAt: s.Clock.Now()}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		r.CreatedBy = actor.Name
	}
	return r
}

func (s *Service) add(ctx context.Context, r Repository) error {
	fact := "repo.created"
	if r.Provider != Hosted {
		fact = "repo.connected"
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddRepository(ctx, r); err != nil {
			if kernel.Is(err, kernel.Conflict) {
				return kernel.Errorf(kernel.Conflict, "the project %s has a repository %s already", r.Scope.Project, r.Name)
			}
			return err
		}
		return s.record(ctx, r, fact, map[string]any{"provider": r.Provider, "branch": r.DefaultBranch, "remote": r.Remote, "protection": r.Protection})
	})
}

func (s *Service) record(ctx context.Context, r Repository, fact string, data map[string]any) error {
	return s.recordAs(ctx, "", r, fact, data)
}

// recordAs is record of an event whose id is known before: it is named as a cause.
func (s *Service) recordAs(ctx context.Context, id string, r Repository, fact string, data map[string]any) error {
	data["repository"] = r.Name
	return s.Journal.Record(ctx, kernel.Fact{ID: id, Type: fact, Scope: r.Scope, Subject: r.ID, Data: data})
}

func (s *Service) save(ctx context.Context, r Repository, fact string, data map[string]any) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveRepository(ctx, r); err != nil {
			return err
		}
		return s.record(ctx, r, fact, data)
	})
}

// Protect changes who may push to and merge into the default branch.
func (s *Service) Protect(ctx context.Context, scope kernel.Scope, name string, p Protection) (Repository, error) {
	r, err := s.allowed(ctx, ActionBind, scope, name)
	if err != nil {
		return r, err
	}
	if r.Provider != Hosted {
		return r, kernel.Errorf(kernel.Invalid, "%s is not hosted here: its branches are protected on %s", name, r.Provider)
	}
	if err := p.check(); err != nil {
		return r, err
	}
	r.Protection = p
	return r, s.save(ctx, r, "repo.protected", map[string]any{"protection": p})
}

// Delete removes a repository: a hosted one with all of its files, of a
// connected one what is kept here.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	r, err := s.allowed(ctx, ActionDelete, scope, name)
	if err != nil {
		return err
	}
	lock := s.locks.of(r.ID)
	lock.Lock()
	defer lock.Unlock()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, l := range s.Listeners {
			if err := l.Deleting(ctx, r); err != nil {
				return err
			}
		}
		if err := s.Store.RemoveRepository(ctx, r.Scope, r.ID); err != nil {
			return err
		}
		return s.record(ctx, r, "repo.deleted", map[string]any{"provider": r.Provider})
	})
	if err != nil {
		return err
	}
	return s.Files(r).Remove()
}

// Get returns a repository.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Repository, error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil || r.Provider == Hosted {
		return r, err
	}
	// Credentials that cannot be opened are told where they are used.
	if a, _, err := s.kept(ctx, r); err == nil {
		r.References = a.Credentials.references()
	}
	return r, nil
}

// List returns the project's repositories, by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Repository], error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Repository]{}, err
	}
	return s.Store.Repositories(ctx, scope, page)
}

// Deliveries returns the webhooks that came for a repository, the newest first.
func (s *Service) Deliveries(ctx context.Context, scope kernel.Scope, name string, page kernel.PageRequest) (kernel.Page[Delivery], error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return kernel.Page[Delivery]{}, err
	}
	return s.Store.Deliveries(ctx, r.Scope, r.ID, page)
}
