package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/access/quota/quotasql"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newQuotas makes what bounds tenants. It is asked of every fact before that is recorded.
func newQuotas(p *platform, a *access) *quota.Service {
	tenants := tenantsql.NewStore(p.db)
	return quota.New(quota.Config{
		Store: quotasql.NewStore(p.db), Tx: p.db, Authorizer: a.identity, Journal: a.journal,
		Tenants: quotaTenants{tenants, a.tenants}, Defaults: quotaDefaults(p.config), Strangers: p.config.Strangers(),
		Use: used{
			tenants: tenants, access: identitysql.NewStore(p.db), secrets: secretsql.NewStore(p.db), runs: runsql.NewStore(p.db),
			states: statesql.NewStore(p.db), releases: releasesql.NewStore(p.db), modules: modulesql.NewStore(p.db),
		},
	})
}

// quotaGate is a place for the quotas, which need who records themselves.
type quotaGate struct{ *quota.Service }

// quotaDefaults are the limits of tenants for which nothing is set.
func quotaDefaults(c config.Config) bound.Limits {
	limits := c.Limits()
	if _, set := limits[bound.ConcurrentRuns]; !set && c.TenantConcurrency > 0 {
		limits[bound.ConcurrentRuns] = int64(c.TenantConcurrency)
	}
	return limits
}

// quotaTenants is a quota.Tenants.
type quotaTenants struct {
	store   *tenantsql.Store
	tenants *tenant.Service
}

// Exists implements quota.Tenants.
func (q quotaTenants) Exists(ctx context.Context, scope kernel.Scope) error {
	if scope.Project != "" {
		return q.tenants.Exists(ctx, scope)
	}
	known, err := q.store.HasTenant(ctx, scope.Tenant)
	if err == nil && !known {
		return kernel.Errorf(kernel.NotFound, "the tenant %s does not exist", scope.Tenant)
	}
	return err
}

// Removed implements usage.Tenants.
func (q quotaTenants) Removed(ctx context.Context, name string) (bool, error) {
	t, err := q.store.Tenant(ctx, name)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	return t.State == tenant.Gone || t.State == tenant.Leaving && t.Departure.Step == tenant.StepRemove, err
}

// used is a quota.Use.
type used struct {
	tenants  *tenantsql.Store
	access   *identitysql.Store
	secrets  *secretsql.Store
	runs     *runsql.Store
	states   *statesql.Store
	releases *releasesql.Store
	modules  *modulesql.Store
}

// Used implements quota.Use.
func (u used) Used(ctx context.Context, name bound.Name, scope kernel.Scope) (n int64, err error) {
	switch name {
	case bound.Projects:
		return u.tenants.CountProjects(ctx, scope.Tenant)
	case bound.Secrets:
		return u.secrets.CountSecrets(ctx, scope)
	case bound.ServiceAccounts:
		return u.access.CountServiceAccounts(ctx, scope.Tenant)
	case bound.Tokens:
		return u.access.CountTokens(ctx, scope.Tenant, kernel.Clock(nil).Now())
	case bound.Stacks:
		n, _, err = u.runs.CountStacks(ctx, scope)
	case bound.Workloads:
		_, n, err = u.runs.CountStacks(ctx, scope)
	case bound.QueuedRuns:
		n, _, err = u.runs.CountRuns(ctx, scope)
	case bound.ConcurrentRuns:
		_, n, err = u.runs.CountRuns(ctx, scope)
	case bound.Storage:
		return u.stored(ctx, scope)
	default:
		return 0, kernel.Errorf(kernel.Internal, "nobody counts %s", name)
	}
	return n, err
}

// stored is what states, artifacts and, of a tenant, modules have.
func (u used) stored(ctx context.Context, scope kernel.Scope) (int64, error) {
	states, err := u.states.Stored(ctx, scope)
	if err != nil {
		return 0, err
	}
	artifacts, err := u.releases.Stored(ctx, scope)
	if err != nil || scope.Project != "" {
		return states + artifacts, err
	}
	modules, err := u.modules.Stored(ctx, scope.Tenant)
	return states + artifacts + modules, err
}

// Had implements quota.Use.
func (u used) Had(ctx context.Context, name bound.Name, scope kernel.Scope, workload, run string) (bool, error) {
	if name == bound.Workloads {
		scope = scope.InProject(scope.Project)
	}
	return u.runs.HasStack(ctx, scope, workload, run)
}
