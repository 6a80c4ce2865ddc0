package quota

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Follow is how soon limits that another replica has set are known.
const Follow = 5 * time.Second

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
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
	Use        Use
	Tenants    Tenants
	// Defaults hold for tenants for which nothing is set.
	Defaults Limits
	// Strangers is how many requests without credentials one address may send in a
	// minute; there is no limit below 1.
	Strangers int64
	// Clock is the system's where nil.
	Clock kernel.Clock
}

// Service keeps limits and holds to them.
type Service struct {
	Config
	known atomic.Pointer[settings]
	rates *rates
}

// New returns a service, which knows the defaults until Load.
func New(c Config) *Service {
	s := &Service{Config: c, rates: newRates(c.Clock)}
	s.known.Store(&settings{})
	return s
}

// settings are those of all tenants, by scope; they never change.
type settings struct {
	tenants, projects map[kernel.Scope]map[Name]Setting
}

// Load reads what is set.
func (s *Service) Load(ctx context.Context) error {
	all, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	fresh := &settings{map[kernel.Scope]map[Name]Setting{}, map[kernel.Scope]map[Name]Setting{}}
	for _, one := range all {
		of := fresh.tenants
		if one.Scope.Project != "" {
			of = fresh.projects
		}
		if of[one.Scope] == nil {
			of[one.Scope] = map[Name]Setting{}
		}
		of[one.Scope][one.Name] = one
	}
	s.known.Store(fresh)
	return nil
}

// ofTenant returns the limit that holds for a tenant; ok is false for none.
func (s *Service) ofTenant(tenant string, name Name) (limit int64, ok bool) {
	if set, given := s.known.Load().tenants[kernel.Scope{Tenant: tenant}][name]; given {
		return set.Limit, set.Limit >= 0
	}
	limit, ok = s.Defaults[name]
	return limit, ok && limit >= 0
}

// ofProject returns the limit that holds for a project beside that of its tenant.
func (s *Service) ofProject(scope kernel.Scope, name Name) (limit int64, ok bool) {
	if scope.Project == "" {
		return 0, false
	}
	set, given := s.known.Load().projects[scope.InProject(scope.Project)][name]
	return set.Limit, given && set.Limit >= 0
}

// Places returns how many runs of the scope's tenant, and of its project, are executed at
// once; 0 is no limit.
func (s *Service) Places(scope kernel.Scope) (tenant, project int) {
	if n, ok := s.ofTenant(scope.Tenant, bound.ConcurrentRuns); ok {
		tenant = max(1, int(n))
	}
	if n, ok := s.ofProject(scope, bound.ConcurrentRuns); ok {
		project = max(1, int(n))
	}
	return tenant, project
}

// Show returns the quotas of the scope's tenant, or of its project. Operators of the
// platform see those of every tenant.
func (s *Service) Show(ctx context.Context, scope kernel.Scope) ([]Quota, error) {
	if err := s.may(ctx, "quota.read", "quota.read-tenant", scope); err != nil {
		return nil, err
	}
	var all []Quota
	for _, name := range bound.Names() {
		if scope.Project != "" && !slices.Contains(ofProjects(), name) {
			continue
		}
		q, err := s.quota(ctx, scope, name)
		if err != nil {
			return nil, err
		}
		all = append(all, q)
	}
	return all, nil
}

// may asks for an action in the actor's own tenant, or for the one of operators elsewhere.
func (s *Service) may(ctx context.Context, own, elsewhere string, scope kernel.Scope) error {
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Kind != kernel.ActorSystem && actor.Tenant != scope.Tenant {
		own = elsewhere
	}
	if err := s.Authorizer.Authorize(ctx, own, scope); err != nil {
		return err
	}
	return s.Tenants.Exists(ctx, scope)
}

func (s *Service) quota(ctx context.Context, scope kernel.Scope, name Name) (q Quota, err error) {
	q = Quota{Name: name, Origin: fromDefault, Limit: bound.Unlimited, Used: Uncounted, Percent: Uncounted}
	known := s.known.Load()
	set, given := known.tenants[kernel.Scope{Tenant: scope.Tenant}][name]
	if given {
		q.Origin = fromTenant
	}
	limit, limited := s.ofTenant(scope.Tenant, name)
	if own, ok := known.projects[scope][name]; ok && scope.Project != "" {
		q.Origin, set, given = fromProject, own, true
		limit, limited = own.Limit, own.Limit >= 0
	}
	if limited {
		q.Limit = limit
	}
	if given {
		q.SetBy, q.SetAt = set.SetBy, &set.SetAt
	}
	if counted(name) {
		q.Used, err = s.Use.Used(ctx, name, scope)
	}
	if limited && counted(name) {
		q.Percent = share(q.Used, limit)
	}
	return q, err
}

// Change is what is to be set, and what is to be inherited again.
type Change struct {
	Set   Limits
	Unset []Name
	// Reason is kept in the audit log.
	Reason string
}

// Set changes limits of the scope's tenant, which operators of the platform may, or of
// its project, which admins of the tenant may within the tenant's own.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, in Change) error {
	if err := s.maySet(ctx, scope); err != nil {
		return err
	}
	if err := s.check(scope, in); err != nil {
		return err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, name := range slices.Sorted(maps.Keys(in.Set)) {
			if err := s.Store.Put(ctx, Setting{Scope: scope, Name: name, Limit: in.Set[name], SetBy: actor.Name, SetAt: s.Clock.Now()}); err != nil {
				return err
			}
			if err := s.anew(ctx, scope, name, in.Set[name]); err != nil {
				return err
			}
		}
		for _, name := range in.Unset {
			if err := s.Store.Delete(ctx, scope, name); err != nil {
				return err
			}
		}
		return s.told(ctx, scope, actor.Tenant, in)
	})
	if err != nil {
		return err
	}
	return s.Load(ctx)
}

// told records a change for the tenant whose it is, and for that of the operator who made it.
func (s *Service) told(ctx context.Context, scope kernel.Scope, by string, in Change) error {
	f := kernel.Fact{
		Type: "quota.set", Scope: scope, Subject: scope.String(), Reason: in.Reason, Data: map[string]any{"limits": in.Set, "unset": in.Unset},
	}
	if err := s.Journal.Record(ctx, f); err != nil || by == "" || by == scope.Tenant {
		return err
	}
	f.Scope = kernel.Scope{Tenant: by}
	return s.Journal.Record(ctx, f)
}

// anew looks at what is used of a limit that is another one now.
func (s *Service) anew(ctx context.Context, scope kernel.Scope, name Name, limit int64) error {
	if !counted(name) || name == bound.ConcurrentRuns {
		return nil
	}
	used, err := s.Use.Used(ctx, name, scope)
	if err != nil {
		return err
	}
	return s.nearing(ctx, scope, name, limit, used)
}

func (s *Service) maySet(ctx context.Context, scope kernel.Scope) error {
	if scope.Project == "" {
		if err := s.Authorizer.Authorize(ctx, "quota.set-tenant", scope); err != nil {
			return err
		}
		return s.Tenants.Exists(ctx, scope)
	}
	// It is the tenant's: the admins of a project would raise their own.
	if err := s.may(ctx, "quota.set", "quota.set-tenant", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return err
	}
	return s.Tenants.Exists(ctx, scope)
}
