package identity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ServiceAccount is a program with an account of its own: it has tokens and grants, and
// no password.
type ServiceAccount struct {
	ID     string
	Tenant string
	// Name is unique in the tenant.
	Name string
	// Project is whose it is, "" for one of the tenant. Its admins look after it.
	Project string
	// Owner is the user who answers for it.
	OwnerID   string
	Owner     string
	About     string
	CreatedAt time.Time
	// DisabledAt is since when it is kept out, zero for one that is not.
	DisabledAt time.Time
	// LastUsedAt is right to the minute, zero before the first use.
	LastUsedAt time.Time
}

func (a ServiceAccount) scope() kernel.Scope {
	return kernel.Scope{Tenant: a.Tenant, Project: a.Project}
}

// NewServiceAccount asks for a service account.
type NewServiceAccount struct {
	Name  string
	About string
	// Owner is a user's name; "" is the actor.
	Owner string
}

// CreateServiceAccount adds a service account to the scope's project, or to the tenant.
func (s *Service) CreateServiceAccount(ctx context.Context, scope kernel.Scope, n NewServiceAccount) (ServiceAccount, error) {
	scope.Stage = ""
	if err := s.Authorize(ctx, "service-account.set", scope); err != nil {
		return ServiceAccount{}, err
	}
	if err := checkNamed("service account", n.Name, n.About); err != nil {
		return ServiceAccount{}, err
	}
	if scope.Project != "" {
		if err := s.Projects.Exists(ctx, scope); err != nil {
			return ServiceAccount{}, err
		}
	}
	owner, err := s.owner(ctx, scope.Tenant, n.Owner)
	if err != nil {
		return ServiceAccount{}, err
	}
	a := ServiceAccount{
		ID: kernel.NewID("svc"), Tenant: scope.Tenant, Name: n.Name, Project: scope.Project, OwnerID: owner.ID, Owner: owner.Name,
		About: n.About, CreatedAt: s.Clock.Now(),
	}
	return a, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddService(ctx, a); err != nil {
			return err
		}
		return s.recordService(ctx, "service_account.created", a)
	})
}

// owner is the named user, or the actor where that is one.
func (s *Service) owner(ctx context.Context, tenant, name string) (User, error) {
	if name != "" {
		return s.Store.UserByName(ctx, tenant, name)
	}
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Kind != kernel.ActorUser {
		return User{}, kernel.Errorf(kernel.Invalid, "a service account needs an owner").
			WithProblems(kernel.Problem{Path: "owner", Message: "it is missing, and " + actor.Name + " is no user", Fix: "name the user who answers for it"})
	}
	return s.Store.UserByID(ctx, tenant, actor.ID)
}

func (s *Service) recordService(ctx context.Context, typ string, a ServiceAccount) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: a.scope(), Subject: a.ID, Data: map[string]any{"name": a.Name, "owner": a.Owner}})
}

// serviceAccount returns one that the actor may change: its admins', or its owner's where
// owners may.
func (s *Service) serviceAccount(ctx context.Context, scope kernel.Scope, name string, owners bool) (ServiceAccount, error) {
	a, err := s.Store.ServiceByName(ctx, scope.Tenant, name)
	if err != nil {
		return ServiceAccount{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	if owners && actor.Kind == kernel.ActorUser && actor.ID == a.OwnerID && actor.Tenant == a.Tenant && actor.Limits == nil {
		return a, nil
	}
	return a, s.Authorize(ctx, "service-account.set", a.scope())
}

// ServiceAccounts lists those of the scope's tenant by name; with a project, its own.
func (s *Service) ServiceAccounts(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[ServiceAccount], error) {
	scope.Stage = ""
	if err := s.Authorize(ctx, "service-account.read", scope); err != nil {
		return kernel.Page[ServiceAccount]{}, err
	}
	return s.Store.Services(ctx, scope, page)
}

// DisableServiceAccount keeps a service account out, or lets it in again. Its owner may
// keep it out, and only its admins let it in.
func (s *Service) DisableServiceAccount(ctx context.Context, scope kernel.Scope, name string, disable bool) (ServiceAccount, error) {
	a, err := s.serviceAccount(ctx, scope, name, disable)
	if err != nil || a.DisabledAt.IsZero() != disable {
		return a, err
	}
	typ := "service_account.enabled"
	a.DisabledAt = time.Time{}
	if disable {
		a.DisabledAt, typ = s.Clock.Now(), "service_account.disabled"
	}
	return a, s.changeService(ctx, a, typ, func(ctx context.Context) error {
		return s.Store.SetServiceDisabled(ctx, a.Tenant, a.ID, a.DisabledAt)
	})
}

// DeleteServiceAccount removes a service account with its tokens and grants.
func (s *Service) DeleteServiceAccount(ctx context.Context, scope kernel.Scope, name string) error {
	a, err := s.serviceAccount(ctx, scope, name, false)
	if err != nil {
		return err
	}
	return s.changeService(ctx, a, "service_account.deleted", func(ctx context.Context) error {
		if err := s.Store.RemoveGrantsOf(ctx, a.Tenant, a.ID); err != nil {
			return err
		}
		return s.Store.RemoveService(ctx, a.Tenant, a.ID)
	})
}

func (s *Service) changeService(ctx context.Context, a ServiceAccount, typ string, change func(ctx context.Context) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx, a.Tenant); err != nil {
			return err
		}
		if err := change(ctx); err != nil {
			return err
		}
		return s.recordService(ctx, typ, a)
	})
}
