package tenant

import (
	"cmp"
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions of who runs the platform.
const (
	ActionCreate  = "tenant.create"
	ActionRead    = "tenant.read"
	ActionSuspend = "tenant.suspend"
)

// Access is who may do what, which a tenant's state decides on, too.
type Access interface {
	// Found prepares the first admin of a tenant, with a password that is told once; add
	// makes them in the transaction of its ctx.
	Found(ctx context.Context, tenant, user string) (password string, add func(ctx context.Context) error, err error)
	// TenantChanged notes, in the transaction of ctx, that what is known of a tenant is no
	// longer right.
	TenantChanged(ctx context.Context, tenant string) error
}

// Shipped gives a tenant what comes with Terrace, later where it cannot be now.
type Shipped interface {
	Seed(ctx context.Context, tenant string)
}

// CreateTenant adds a tenant with its first admin, whose password it returns.
func (s *Service) CreateTenant(ctx context.Context, n NewTenant) (t Tenant, password string, err error) {
	if err := s.Authorizer.Authorize(ctx, ActionCreate, kernel.Scope{Tenant: n.Name}); err != nil {
		return Tenant{}, "", err
	}
	if err := n.check(); err != nil {
		return Tenant{}, "", err
	}
	first := Project{Tenant: n.Name, Name: n.Project, CostCenter: n.CostCenter, Owner: n.Owner}
	if n.Project != "" {
		if err := first.check(); err != nil {
			return Tenant{}, "", err
		}
	}
	password, admin, err := s.Access.Found(ctx, n.Name, cmp.Or(n.Admin, "admin"))
	if err != nil {
		return Tenant{}, "", err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	now := s.Clock.Now()
	t = Tenant{Name: n.Name, Display: n.Display, State: Active, By: actor.Name, Since: now, CreatedBy: actor.Name, CreatedAt: now}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddTenant(ctx, t); err != nil {
			return err
		}
		if err := admin(ctx); err != nil {
			return err
		}
		if n.Project != "" {
			if err := s.add(ctx, first); err != nil {
				return err
			}
		}
		return s.told(ctx, "tenant.created", t)
	})
	if err != nil {
		return Tenant{}, "", err
	}
	s.Shipped.Seed(ctx, t.Name)
	return t, password, nil
}

// Tenant returns a tenant: one's own, or any to who runs the platform.
func (s *Service) Tenant(ctx context.Context, name string) (Tenant, error) {
	actor, _ := kernel.ActorFrom(ctx)
	action := ActionRead
	if actor.Tenant == name {
		action = "tags.read" // what every member reads of the tenant
	}
	if err := s.Authorizer.Authorize(ctx, action, kernel.Scope{Tenant: name}); err != nil {
		return Tenant{}, err
	}
	return s.Store.Tenant(ctx, name)
}

// Tenants lists the tenants, of some states unless none is named.
func (s *Service) Tenants(ctx context.Context, states []State, page kernel.PageRequest) (kernel.Page[Tenant], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{}); err != nil {
		return kernel.Page[Tenant]{}, err
	}
	return s.Store.Tenants(ctx, states, page)
}

// Suspend closes a tenant: nobody signs in, tokens are refused at once, and its runs
// wait. What is deployed goes on.
func (s *Service) Suspend(ctx context.Context, name, reason string) (Tenant, error) {
	return s.turn(ctx, name, reason, "tenant.suspended", func(t *Tenant) error {
		if t.State != Active {
			return kernel.Errorf(kernel.Conflict, "the tenant %s is %s", t.Name, t.State)
		}
		t.State = Suspended
		return nil
	})
}

// Resume opens a tenant that was suspended.
func (s *Service) Resume(ctx context.Context, name, reason string) (Tenant, error) {
	return s.turn(ctx, name, reason, "tenant.resumed", func(t *Tenant) error {
		if t.State != Suspended {
			return kernel.Errorf(kernel.Conflict, "the tenant %s is %s, not suspended", t.Name, t.State)
		}
		t.State = Active
		return nil
	})
}

// Rename changes how people call a tenant.
func (s *Service) Rename(ctx context.Context, name, display string) (Tenant, error) {
	if problems := checkDisplay(display); problems != nil {
		if err := s.Authorizer.Authorize(ctx, ActionSuspend, kernel.Scope{Tenant: name}); err != nil {
			return Tenant{}, err
		}
		return Tenant{}, kernel.Errorf(kernel.Invalid, "the tenant cannot be called so").WithProblems(problems...)
	}
	return s.change(ctx, name, "tenant.renamed", func(t *Tenant) error {
		t.Display = display
		return nil
	})
}

// turn changes how a tenant stands, for a reason.
func (s *Service) turn(ctx context.Context, name, reason, fact string, edit func(t *Tenant) error) (Tenant, error) {
	return s.change(ctx, name, fact, func(t *Tenant) error {
		if reason = strings.TrimSpace(reason); reason == "" || len(reason) > 1000 {
			return kernel.Errorf(kernel.Invalid, "the reason is missing, or longer than 1000 bytes").WithFix("say why with --reason")
		}
		if name == s.Home {
			return kernel.Errorf(kernel.Refused, "%s is the tenant of who runs the platform", name)
		}
		if err := edit(t); err != nil {
			return err
		}
		actor, _ := kernel.ActorFrom(ctx) // it was authorised
		t.Reason, t.By, t.Since = reason, actor.Name, s.Clock.Now()
		return nil
	})
}

func (s *Service) change(ctx context.Context, name, fact string, edit func(t *Tenant) error) (Tenant, error) {
	if err := s.Authorizer.Authorize(ctx, ActionSuspend, kernel.Scope{Tenant: name}); err != nil {
		return Tenant{}, err
	}
	t, err := s.Store.Tenant(ctx, name)
	if err != nil {
		return Tenant{}, err
	}
	if err := edit(&t); err != nil {
		return Tenant{}, err
	}
	return t, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.save(ctx, &t, fact) })
}

// save writes a tenant in the transaction of ctx, and tells what has happened to it.
func (s *Service) save(ctx context.Context, t *Tenant, fact string) error {
	if err := s.Access.TenantChanged(ctx, t.Name); err != nil {
		return err
	}
	if err := s.Store.SaveTenant(ctx, *t); err != nil {
		return err
	}
	t.Revision++
	return s.told(ctx, fact, *t)
}

// told records a fact for the tenant itself, and for who runs the platform.
func (s *Service) told(ctx context.Context, fact string, t Tenant) error {
	f := kernel.Fact{
		Type: fact, Scope: kernel.Scope{Tenant: s.Home}, Subject: t.Name, Reason: t.Reason,
		Data: map[string]any{"tenant": t.Name, "display": t.Display, "state": t.State},
	}
	if err := s.Journal.Record(ctx, f); err != nil || t.Name == s.Home || t.State == Gone {
		return err
	}
	f.Scope.Tenant = t.Name
	return s.Journal.Record(ctx, f)
}

// Closed tells why nobody works in a tenant, nil where somebody may. One that is not
// known is none of its business.
func (s *Service) Closed(ctx context.Context, name string) error {
	t, err := s.Store.Tenant(ctx, name)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return closed(t)
}

// Resting returns the names of the tenants whose runs wait.
func (s *Service) Resting(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	page := kernel.PageRequest{Limit: kernel.MaxPageSize}
	for {
		some, err := s.Store.Tenants(ctx, []State{Suspended, Leaving, Gone}, page)
		if err != nil {
			return nil, err
		}
		for _, t := range some.Items {
			out[t.Name] = true
		}
		if page.Cursor = some.Next; page.Cursor == "" {
			return out, nil
		}
	}
}

// Names returns the names of all tenants that are not gone. It asks nobody.
func (s *Service) Names(ctx context.Context) ([]string, error) {
	var out []string
	page := kernel.PageRequest{Limit: kernel.MaxPageSize}
	for {
		some, err := s.Store.Tenants(ctx, []State{Active, Suspended, Leaving}, page)
		if err != nil {
			return nil, err
		}
		for _, t := range some.Items {
			out = append(out, t.Name)
		}
		if page.Cursor = some.Next; page.Cursor == "" {
			return out, nil
		}
	}
}

// Several reports whether there is more than one tenant to sign in to.
func (s *Service) Several(ctx context.Context) (bool, error) {
	n, err := s.Store.Live(ctx)
	return n > 1, err
}
