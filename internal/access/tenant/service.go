package tenant

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where the actor may do an action; lists are narrowed to it.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Authorizer Authorizer
	Journal    Journal
	Access     Access
	Shipped    Shipped
	// Deployments tells what is in the way of a tenant that leaves.
	Deployments Deployments
	// Archives knows for whom an archive can be encrypted.
	Archives Archives
	// Home is the tenant of who runs the platform.
	Home string
	// Clock is the system's where nil.
	Clock kernel.Clock
}

// Service keeps tenants and projects.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// Bootstrap makes the tenant and its first project where they are missing, and
// leaves what there is as it is. Nobody has said yet who pays for the project,
// and the first admin answers for it: SetTags changes both.
func (s *Service) Bootstrap(ctx context.Context, tenant, project string) error {
	ctx = kernel.WithActor(ctx, kernel.System("bootstrap", tenant))
	first := Project{Tenant: tenant, Name: project, CostCenter: "unassigned", Owner: "admin"}
	if err := first.check(); err != nil {
		return err
	}
	_, err := s.Store.Project(ctx, kernel.Scope{Tenant: tenant, Project: project})
	if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.EnsureTenant(ctx, tenant, s.Clock.Now()); err != nil {
			return err
		}
		return s.add(ctx, first)
	})
	if kernel.Is(err, kernel.Conflict) { // another process was first
		return nil
	}
	return err
}

// Create adds a project to the scope's tenant.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, p Project) (Project, error) {
	p.Tenant = scope.Tenant
	if err := s.Authorizer.Authorize(ctx, "project.create", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Project{}, err
	}
	if err := p.check(); err != nil {
		return Project{}, err
	}
	if err := s.payable(ctx, Project{}, p); err != nil {
		return Project{}, err
	}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		p.CreatedBy = actor.Name
	}
	p.CreatedAt = s.Clock.Now()
	return p, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.add(ctx, p) })
}

func (s *Service) add(ctx context.Context, p Project) error {
	if p.CreatedAt.IsZero() {
		p.CreatedAt = s.Clock.Now()
	}
	if err := s.Store.AddProject(ctx, p); err != nil {
		return err
	}
	return s.record(ctx, "project.created", p)
}

func (s *Service) record(ctx context.Context, typ string, p Project) error {
	return s.Journal.Record(ctx, kernel.Fact{
		Type: typ, Scope: kernel.Scope{Tenant: p.Tenant, Project: p.Name}, Subject: p.Name,
		Data: p.tags(),
	})
}

// SetTags changes who pays for the scope's project and who answers for it.
func (s *Service) SetTags(ctx context.Context, scope kernel.Scope, costCenter, owner string) (Project, error) {
	if err := s.Authorizer.Authorize(ctx, "project.create", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Project{}, err
	}
	p, err := s.Store.Project(ctx, scope)
	if err != nil {
		return Project{}, err
	}
	before := p
	p.CostCenter, p.Owner = costCenter, owner
	if err := p.check(); err != nil {
		return Project{}, err
	}
	if err := s.payable(ctx, before, p); err != nil {
		return Project{}, err
	}
	return p, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetTags(ctx, p); err != nil {
			return err
		}
		return s.record(ctx, "project.tags_set", p)
	})
}

// Get returns the scope's project.
func (s *Service) Get(ctx context.Context, scope kernel.Scope) (Project, error) {
	if err := s.Authorizer.Authorize(ctx, "project.read", kernel.Scope{Tenant: scope.Tenant, Project: scope.Project}); err != nil {
		return Project{}, err
	}
	return s.Store.Project(ctx, scope)
}

// List lists the projects of the scope's tenant that the actor may read, by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Project], error) {
	within, err := s.Authorizer.Allowed(ctx, "project.read", kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return kernel.Page[Project]{}, err
	}
	return s.Store.Projects(ctx, scope.Tenant, within, page)
}

// Known is NotFound for a tenant that there is not. Its callers have checked that they may
// know.
func (s *Service) Known(ctx context.Context, name string) error {
	_, err := s.Store.Tenant(ctx, name)
	return err
}

// Exists returns NotFound where the scope's project is missing. It asks nobody.
func (s *Service) Exists(ctx context.Context, scope kernel.Scope) error {
	_, err := s.Store.Project(ctx, scope)
	return err
}
