package domain

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// The actions.
const (
	actionRead = "gateway-domain.read"
	// actionWrite is asked of where a domain is bound to: the project, or the tenant.
	actionWrite   = "gateway-domain.write"
	actionApprove = "gateway-domain.approve"
	actionRevoke  = "gateway-domain.revoke"
)

// MaxDomains is how many domains a tenant may claim.
const MaxDomains = 1000

// Config is what a Service needs. One that only serves traffic needs View, Sealer and Log.
type Config struct {
	Store    Store
	View     View
	Routes   Routes
	Resolver Resolver
	Sealer   Sealer
	Places   Places
	// Gateway hears of changes of this process to what it may serve; nil is nobody.
	Gateway Gateway
	// Own are hosts and zones of the platform itself, which with all below them nobody claims.
	Own        []string
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service keeps domains, and knows those that are proven.
type Service struct {
	Config

	loading sync.Mutex
	table   atomic.Pointer[table]
}

// New returns a Service that knows no domain before Load.
func New(c Config) *Service {
	s := &Service{Config: c}
	s.table.Store(&table{})
	return s
}

// Add claims a domain for a tenant, bound to the project and the stage of the scope where it
// names them. A claim alone opens nothing.
func (s *Service) Add(ctx context.Context, scope kernel.Scope, text string) (Domain, error) {
	d := Domain{Scope: scope, State: Pending, CreatedAt: s.Clock.Now().UTC()}
	if err := s.Authorizer.Authorize(ctx, actionWrite, d.place()); err != nil {
		return Domain{}, err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return Domain{}, err
	}
	name, err := Parse(text)
	if err != nil {
		return Domain{}, err
	}
	if err := s.notOurs(name); err != nil {
		return Domain{}, err
	}
	d.Name, d.Record = name, challenge(name)
	if actor, ok := kernel.ActorFrom(ctx); ok {
		d.CreatedBy = actor.Name
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Hold(ctx); err != nil {
			return err
		}
		if n, err := s.View.Count(ctx, scope.Tenant); err != nil || n >= MaxDomains {
			return tooMany(n, err)
		}
		if err := s.Store.Insert(ctx, d); err != nil {
			return err
		}
		return s.record(ctx, d, "gateway-domain.added", nil)
	})
	return d, err
}

func tooMany(n int, err error) error {
	if err != nil {
		return err
	}
	return kernel.Errorf(kernel.Refused, "the tenant has claimed %d domains, which is all that one may have", n).WithFix("remove one that is not used: terrace domain list")
}

// notOurs refuses the platform's own names, and all below them. What they lie below somebody
// may own: routes get no host there that is the platform's.
func (s *Service) notOurs(name string) error {
	for _, own := range s.Own {
		if within(name, own) {
			return kernel.Errorf(kernel.Refused, "%s belongs to the platform", name).
				WithFix("choose another domain; under the platform's own zone routes have hosts without one")
		}
	}
	return nil
}

// Domain returns a claim of a tenant.
func (s *Service) Domain(ctx context.Context, tenant, text string) (Domain, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Domain{}, err
	}
	d, err := s.get(ctx, tenant, text)
	if err != nil {
		return Domain{}, err
	}
	return d, s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant, Project: d.Scope.Project})
}

// get finds a claim by a name as somebody writes it.
func (s *Service) get(ctx context.Context, tenant, text string) (Domain, error) {
	name, err := Parse(text)
	if err != nil {
		return Domain{}, kernel.Errorf(kernel.NotFound, "there is no domain %q", text).WithFix("see those that there are with: terrace domain list")
	}
	d, err := s.Store.Get(ctx, tenant, name)
	if kernel.Is(err, kernel.NotFound) {
		return d, kernel.Errorf(kernel.NotFound, "there is no domain %s", name).WithFix("see those that there are with: terrace domain list")
	}
	return d, err
}

// getOf is get for an operator of the platform, who may have mistaken the tenant.
func (s *Service) getOf(ctx context.Context, tenant, text string) (Domain, error) {
	if err := s.Places.Check(ctx, kernel.Scope{Tenant: tenant}); err != nil {
		return Domain{}, err
	}
	d, err := s.get(ctx, tenant, text)
	if told, ok := errors.AsType[*kernel.Error](err); ok && told.Kind == kernel.NotFound {
		return d, kernel.Errorf(kernel.NotFound, "%s of tenant %s", told.Message, tenant).WithFix("the tenant claims it first, with: terrace domain add; name another tenant with --of")
	}
	return d, err
}

// Domains returns the claims of a tenant that the actor sees, by name.
func (s *Service) Domains(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Domain], error) {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Domain]{}, err
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[Domain]{}, err
	}
	return s.Store.List(ctx, tenant, reach, page)
}

// Remove gives a domain up, with its certificate. One that routes use is refused, with their
// names.
func (s *Service) Remove(ctx context.Context, tenant, text string) error {
	return s.change(ctx, tenant, text, func(ctx context.Context, d Domain) error {
		others, err := s.others(ctx, d)
		if err != nil {
			return err
		}
		if err := s.served(ctx, d, others, "cannot be removed"); err != nil {
			return err
		}
		if err := s.Store.Delete(ctx, tenant, d.Name); err != nil {
			return err
		}
		return s.record(ctx, d, "gateway-domain.removed", nil)
	})
}

// change does something with a domain that the actor may change, with nobody else doing so.
func (s *Service) change(ctx context.Context, tenant, text string, do func(ctx context.Context, d Domain) error) error {
	d, err := s.changeable(ctx, tenant, text)
	if err != nil {
		return err
	}
	return s.write(ctx, tenant, d.Name, do)
}

// changeable returns a claim that the actor may change.
func (s *Service) changeable(ctx context.Context, tenant, text string) (Domain, error) {
	d, err := s.Domain(ctx, tenant, text)
	if err != nil {
		return Domain{}, err
	}
	return d, s.Authorizer.Authorize(ctx, actionWrite, d.place())
}

// sameClaim refuses to go on with a domain that was removed and claimed anew, or whose proof
// was taken back, since it was seen.
func sameClaim(d, seen Domain) error {
	if d.Record == seen.Record {
		return nil
	}
	return kernel.Errorf(kernel.Stale, "domain %s was changed meanwhile", d.Name).WithFix("look at it and try again")
}

// write does something with a domain in a transaction, as it is then.
func (s *Service) write(ctx context.Context, tenant, name string, do func(ctx context.Context, d Domain) error) error {
	err := s.note(ctx, tenant, name, do)
	if err == nil {
		db.AfterCommit(ctx, func() {
			s.renew(ctx)
			if s.Gateway != nil {
				s.Gateway.Renew(ctx)
			}
		})
	}
	return err
}

// note is write for what no gateway goes by.
func (s *Service) note(ctx context.Context, tenant, name string, do func(ctx context.Context, d Domain) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Hold(ctx); err != nil {
			return err
		}
		d, err := s.get(ctx, tenant, name)
		if err != nil {
			return err
		}
		return do(ctx, d)
	})
}

// others are the domains that lie above or below one, of its tenant, and the proven ones of
// other tenants.
func (s *Service) others(ctx context.Context, d Domain) ([]Domain, error) {
	all, err := s.Store.Near(ctx, d.Scope.Tenant, above(d.Name), d.Name)
	return slices.DeleteFunc(all, func(o Domain) bool { return o.Scope.Tenant == d.Scope.Tenant && o.Name == d.Name }), err
}

// served refuses what would leave routes of the tenant with hosts that no domain among all
// takes for them.
func (s *Service) served(ctx context.Context, d Domain, all []Domain, cannot string) error {
	hosts, err := s.Routes.HostsWithin(ctx, d.Scope.Tenant, d.Name)
	if err != nil {
		return err
	}
	var problems []kernel.Problem
	for _, h := range hosts {
		if s.inOwn(h.Host) {
			continue
		}
		if o := owner(all, h.Host); o == nil || !o.takes(h.Scope) {
			problems = append(problems, kernel.Problem{
				Path: h.Host, Message: "route " + h.Route + " of " + h.Scope.Project + "/" + h.Scope.Stage + " has this host",
				Fix: "change it, or delete it with: terrace gateway delete route " + h.Route + " --project " + h.Scope.Project + " --stage " + h.Scope.Stage,
			})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Conflict, "domain %s %s while routes use it", d.Name, cannot).WithProblems(problems...)
}

// inOwn tells whether a host lies within the platform's own names, where no domain counts.
func (s *Service) inOwn(host string) bool {
	return slices.ContainsFunc(s.Own, func(own string) bool { return within(host, own) })
}

// Routable is nil for a host that routes of a stage may have: the closest proven domain that
// it lies below, or is, is the stage's. It is as the transaction of ctx sees it.
func (s *Service) Routable(ctx context.Context, scope kernel.Scope, host string) error {
	bare := strings.TrimPrefix(host, "*.")
	all, err := s.Store.Near(ctx, scope.Tenant, above(bare), "")
	if err != nil {
		return err
	}
	switch d := owner(all, bare); {
	case d != nil && d.takes(scope):
		return nil
	case d != nil && d.Scope.Tenant != scope.Tenant:
		return kernel.Errorf(kernel.Conflict, "host %s lies within a domain that somebody else has proven", host).WithFix("choose another host")
	case d != nil:
		return kernel.Errorf(kernel.Invalid, "host %s lies within %s, which is for %s", host, d.Name, d.For()).
			WithFix("claim a closer domain for this stage: terrace domain add %s --project %s --stage %s", bare, scope.Project, scope.Stage)
	}
	for _, name := range above(bare) {
		for _, d := range all {
			if d.Name == name && d.takes(scope) && d.State == Revoked {
				return kernel.Errorf(kernel.Invalid, "host %s lies within %s, whose proof an operator of the platform has taken back: %s", host, d.Name, d.Revocation.Reason).
					WithFix("prove it again with the record of: terrace domain show %s; then: terrace domain verify %[1]s", d.Name)
			}
			if d.Name == name && d.takes(scope) {
				return kernel.Errorf(kernel.Invalid, "host %s lies within %s, which is not proven yet", host, d.Name).
					WithFix("see which record proves it with: terrace domain show %s; then: terrace domain verify %[1]s", d.Name)
			}
		}
	}
	if _, err := Parse(bare); err != nil {
		return kernel.Errorf(kernel.Invalid, "host %s lies within no domain of the tenant, and cannot be one: %w", host, err).
			WithFix("use a host at or below a domain of the tenant, or under the zone of the platform")
	}
	return kernel.Errorf(kernel.Invalid, "host %s lies within no domain of the tenant", host).
		WithFix("claim one, then prove it: terrace domain add %s --project %s --stage %s", bare, scope.Project, scope.Stage)
}

// record records what happened to a domain.
func (s *Service) record(ctx context.Context, d Domain, fact string, more map[string]any) error {
	data := map[string]any{"name": d.Name, "state": string(d.State), "for": d.For()}
	for key, value := range more {
		data[key] = value
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: d.place(), Subject: d.Name, Data: data})
}

var _ gateway.Domains = (*Service)(nil)
