package quota_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/access/quota/quotasql"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// rules let operators do everything, and admins of a tenant what is the tenant's.
type rules struct{}

func (rules) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Name == "operator" || actor.Name == "admin" && actor.Tenant == scope.Tenant && !strings.HasSuffix(action, "-tenant") {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s may not do %s", actor.Name, action)
}

func (rules) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// journal asks the quotas before it keeps a fact, as the daemon's does.
type journal struct {
	quotas *quota.Service
	mu     sync.Mutex
	types  []string
	facts  []kernel.Fact
}

func (j *journal) Record(ctx context.Context, f kernel.Fact) error {
	if err := j.quotas.Admit(ctx, f); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.types, j.facts = append(j.types, f.Type), append(j.facts, f)
	return nil
}

// use counts projects in the database, and all else as it is set.
type use struct {
	tenants *tenantsql.Store
	fixed   map[bound.Name]int64
	had     bool
}

func (u *use) Used(ctx context.Context, name bound.Name, scope kernel.Scope) (int64, error) {
	if name == bound.Projects {
		return u.tenants.CountProjects(ctx, scope.Tenant)
	}
	return u.fixed[name], nil
}

func (u *use) Had(context.Context, bound.Name, kernel.Scope, string, string) (bool, error) {
	return u.had, nil
}

type everybody struct{}

func (everybody) Exists(_ context.Context, scope kernel.Scope) error {
	if scope.Tenant == "nowhere" || scope.Project == "nothing" {
		return kernel.Errorf(kernel.NotFound, "there is no %s", scope)
	}
	return nil
}

type world struct {
	quotas  *quota.Service
	tenants *tenant.Service
	journal *journal
	use     *use
}

func each(t *testing.T, defaults bound.Limits, test func(t *testing.T, w world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{tenantsql.Migrations(), quotasql.Migrations()}, func(t *testing.T, d *db.DB) {
		w := world{journal: &journal{}, use: &use{tenants: tenantsql.NewStore(d), fixed: map[bound.Name]int64{}}}
		w.quotas = quota.New(quota.Config{
			Store: quotasql.NewStore(d), Tx: d, Authorizer: rules{}, Journal: w.journal, Use: w.use, Tenants: everybody{}, Defaults: defaults,
		})
		w.journal.quotas = w.quotas
		w.tenants = tenant.New(tenant.Config{Store: w.use.tenants, Tx: d, Authorizer: rules{}, Journal: w.journal})
		for _, name := range []string{"acme", "other"} {
			if err := w.tenants.Bootstrap(t.Context(), name, "first"); err != nil {
				t.Fatal(err)
			}
		}
		test(t, w)
	})
}

func as(t *testing.T, name, of string) context.Context {
	t.Helper()
	return kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: of})
}

func acme() kernel.Scope { return kernel.Scope{Tenant: "acme"} }

func (w world) set(t *testing.T, ctx context.Context, scope kernel.Scope, limits bound.Limits) {
	t.Helper()
	if err := w.quotas.Set(ctx, scope, quota.Change{Set: limits}); err != nil {
		t.Fatal(err)
	}
}

func (w world) project(ctx context.Context, name string) error {
	_, err := w.tenants.Create(ctx, kernel.Scope{Tenant: "acme"}, tenant.Project{Name: name, CostCenter: "cc-1", Owner: "ada"})
	return err
}

// Twenty projects are made at once where there is room for four more.
func TestARaceDoesNotGoOverAQuota(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w world) {
		w.set(t, as(t, "operator", "other"), acme(), bound.Limits{bound.Projects: 5})
		admin := as(t, "admin", "acme")
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 20 {
			wg.Go(func() {
				err := w.project(admin, fmt.Sprintf("p%d", i))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made++
				case !kernel.Is(err, kernel.Refused):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n, err := w.use.tenants.CountProjects(t.Context(), "acme"); err != nil || n != 5 || made != 4 {
			t.Errorf("%d projects, %d made: %v", n, made, err)
		}
		known, _ := errors.AsType[*kernel.Error](w.project(admin, "more"))
		if known == nil || known.Message != "the quota projects of the tenant acme is 5, and this would make it 6" ||
			!strings.Contains(known.Fix, "terrace quota set projects=N --tenant acme") {
			t.Errorf("%+v", known)
		}
	})
}

func TestWhoSetsWhat(t *testing.T) {
	t.Parallel()
	each(t, bound.Limits{bound.Stacks: 50}, func(t *testing.T, w world) {
		operator, admin, project := as(t, "operator", "other"), as(t, "admin", "acme"), acme().InProject("first")
		w.set(t, operator, acme(), bound.Limits{bound.Stacks: 20, bound.Storage: bound.Unlimited})
		w.set(t, admin, project, bound.Limits{bound.Stacks: 10})
		for name, tt := range map[string]struct {
			ctx    context.Context //nolint:containedctx // who asks, in a table
			scope  kernel.Scope
			change quota.Change
			want   kernel.Kind
		}{
			"an admin its tenant's":            {admin, acme(), quota.Change{Set: bound.Limits{bound.Stacks: 30}}, kernel.Denied},
			"an admin of another tenant":       {as(t, "admin", "other"), project, quota.Change{Set: bound.Limits{bound.Stacks: 3}}, kernel.Denied},
			"more than the tenant has":         {admin, project, quota.Change{Set: bound.Limits{bound.Stacks: 21}}, kernel.Invalid},
			"what is of tenants alone":         {admin, project, quota.Change{Set: bound.Limits{bound.Projects: 3}}, kernel.Invalid},
			"nothing":                          {operator, acme(), quota.Change{}, kernel.Invalid},
			"a name that there is not":         {operator, acme(), quota.Change{Set: bound.Limits{"cats": 3}}, kernel.Invalid},
			"what would stop everything":       {operator, acme(), quota.Change{Set: bound.Limits{bound.ConcurrentRuns: 0}}, kernel.Invalid},
			"twice":                            {operator, acme(), quota.Change{Set: bound.Limits{bound.Stacks: 3}, Unset: []bound.Name{bound.Stacks}}, kernel.Invalid},
			"a tenant that there is not":       {operator, kernel.Scope{Tenant: "nowhere"}, quota.Change{Set: bound.Limits{bound.Stacks: 3}}, kernel.NotFound},
			"a project that there is not":      {admin, acme().InProject("nothing"), quota.Change{Set: bound.Limits{bound.Stacks: 3}}, kernel.NotFound},
			"somebody without a role":          {as(t, "viewer", "acme"), project, quota.Change{Set: bound.Limits{bound.Stacks: 3}}, kernel.Denied},
			"an operator, a project elsewhere": {operator, project, quota.Change{Set: bound.Limits{bound.Secrets: 3}}, ""},
		} {
			if err := w.quotas.Set(tt.ctx, tt.scope, tt.change); kernel.KindOf(err) != tt.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		var told []string
		for _, f := range w.journal.facts {
			if f.Type == "quota.set" {
				told = append(told, f.Scope.String()+" of "+f.Subject)
			}
		}
		if want := []string{"acme of acme", "other of acme", "acme/first of acme/first", "acme/first of acme/first", "other of acme/first"}; !slices.Equal(told, want) {
			t.Errorf("the logs have %q, want %q: that of who changed another's, too", told, want)
		}
		w.use.fixed[bound.Stacks] = 7
		shown, err := w.quotas.Show(admin, project)
		i := slices.IndexFunc(shown, func(q quota.Quota) bool { return q.Name == bound.Stacks })
		if err != nil || i < 0 || shown[i].Limit != 10 || shown[i].Used != 7 || shown[i].Origin != "project" || shown[i].SetBy != "admin" {
			t.Errorf("%+v %v", shown, err)
		}
		if _, err := w.quotas.Show(as(t, "admin", "other"), acme()); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant's quotas are shown: %v", err)
		}
		if err := w.quotas.Set(operator, acme(), quota.Change{Unset: []bound.Name{bound.Stacks}}); err != nil {
			t.Fatal(err)
		}
		shown, err = w.quotas.Show(admin, acme())
		i = slices.IndexFunc(shown, func(q quota.Quota) bool { return q.Name == bound.Stacks })
		if err != nil || shown[i].Limit != 50 || shown[i].Origin != "default" {
			t.Errorf("%+v %v", shown, err)
		}
	})
}

// What there is already goes on under a limit that was lowered, and removals always do.
func TestWhatARunBringsIsBounded(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w world) {
		w.set(t, as(t, "operator", "other"), acme(), bound.Limits{bound.Stacks: 2, bound.Storage: 100, bound.QueuedRuns: 5})
		queued := func(ctx context.Context, operation string, dry bool) error {
			return w.journal.Record(ctx, kernel.Fact{
				Type: "run.queued", Scope: acme().InProject("first").InStage("dev"), Subject: "run_1",
				Data: map[string]any{"workload": "orders", "operation": operation, "dryRun": dry},
			})
		}
		person := as(t, "admin", "acme")
		system := kernel.WithActor(t.Context(), kernel.System("lifetimes", "acme"))
		for name, tt := range map[string]struct {
			used      map[bound.Name]int64
			had       bool
			ctx       context.Context //nolint:containedctx // who asks, in a table
			operation string
			dry       bool
			says      string
		}{
			"within":               {map[bound.Name]int64{bound.Stacks: 2}, false, person, "deploy", false, ""},
			"a stack too many":     {map[bound.Name]int64{bound.Stacks: 3}, false, person, "deploy", false, "stacks of the tenant acme is 2, and this would make it 3"},
			"by a repository":      {map[bound.Name]int64{bound.Stacks: 3}, false, system, "deploy", false, "stacks of the tenant acme"},
			"a stack of before":    {map[bound.Name]int64{bound.Stacks: 3}, true, person, "deploy", false, ""},
			"a look":               {map[bound.Name]int64{bound.Stacks: 3}, false, person, "deploy", true, ""},
			"a removal":            {map[bound.Name]int64{bound.Stacks: 3, bound.Storage: 200}, false, person, "destroy", false, ""},
			"too much is stored":   {map[bound.Name]int64{bound.Storage: 101}, true, person, "deploy", false, "the quota storage"},
			"too many wait":        {map[bound.Name]int64{bound.QueuedRuns: 6}, true, person, "deploy", false, "queued-runs"},
			"a removal too many":   {map[bound.Name]int64{bound.QueuedRuns: 6}, true, person, "destroy", false, "queued-runs"},
			"a lifetime that ends": {map[bound.Name]int64{bound.QueuedRuns: 6}, true, system, "destroy", false, ""},
		} {
			w.use.fixed, w.use.had = tt.used, tt.had
			err := queued(tt.ctx, tt.operation, tt.dry)
			if (err == nil) != (tt.says == "") || err != nil && (!strings.Contains(err.Error(), tt.says) || !kernel.Is(err, kernel.Refused)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAProjectsQuotaHoldsBesideItsTenants(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w world) {
		w.set(t, as(t, "admin", "acme"), acme().InProject("first"), bound.Limits{bound.Secrets: 1, bound.ConcurrentRuns: 2})
		w.use.fixed[bound.Secrets] = 2
		secret := func(project string, version int) error {
			return w.journal.Record(as(t, "admin", "acme"), kernel.Fact{Type: "secret.changed", Scope: acme().InProject(project), Subject: "key", Data: map[string]any{"version": version}})
		}
		if err := secret("first", 1); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "an admin of the tenant") {
			t.Error(err)
		}
		if err := secret("first", 2); err != nil {
			t.Errorf("a new version is no new secret: %v", err)
		}
		if err := secret("second", 1); err != nil {
			t.Errorf("another project pays: %v", err)
		}
		if tenant, project := w.quotas.Places(acme().InProject("first").InStage("dev")); tenant != 0 || project != 2 {
			t.Errorf("%d %d", tenant, project)
		}
	})
}

// It is told once that most of a limit is used: again after less was, or was of the
// limit as it became.
func TestWhoNearsALimitIsTold(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w world) {
		operator, admin := as(t, "operator", "other"), as(t, "admin", "acme")
		w.set(t, operator, acme(), bound.Limits{bound.Secrets: 10})
		told := 0
		for i, tt := range []struct {
			used int64
			want int
			set  int64 // another limit before it
		}{{7, 0, 0}, {8, 1, 0}, {9, 1, 0}, {10, 1, 0}, {5, 1, 0}, {8, 2, 0}, {8, 2, 100}, {79, 2, 0}, {80, 3, 0}, {80, 3, 90}} {
			if tt.set != 0 {
				w.set(t, operator, acme(), bound.Limits{bound.Secrets: tt.set})
			}
			w.use.fixed[bound.Secrets] = tt.used
			if err := w.journal.Record(admin, kernel.Fact{Type: "secret.changed", Scope: acme().InProject("first"), Subject: "key", Data: map[string]any{"version": 1}}); err != nil {
				t.Fatal(err)
			}
			told = len(slices.DeleteFunc(slices.Clone(w.journal.types), func(typ string) bool { return typ != "quota.nearing" }))
			if told != tt.want {
				t.Fatalf("%d: it was told %d times, and not %d, of %d", i, told, tt.want, tt.used)
			}
		}
		shown, err := w.quotas.Show(admin, acme())
		i := slices.IndexFunc(shown, func(q quota.Quota) bool { return q.Name == bound.Secrets })
		if err != nil || shown[i].Percent != 88 || shown[0].Percent != quota.Uncounted {
			t.Errorf("%+v %v", shown, err)
		}
	})
}

// A limit that another replica has set is known with the next look.
func TestReplicasFollow(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w world) {
		second := quota.New(w.quotas.Config)
		w.set(t, as(t, "operator", "other"), acme(), bound.Limits{bound.ConcurrentRuns: 3})
		if n, _ := second.Places(acme()); n != 0 {
			t.Errorf("%d before it looked", n)
		}
		if err := second.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _ := second.Places(acme()); n != 3 {
			t.Errorf("%d", n)
		}
	})
}
