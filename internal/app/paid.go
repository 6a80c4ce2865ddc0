package app

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/focus/focussql"
	"github.com/terrace-idp/terrace/internal/governance/maturity"
	"github.com/terrace-idp/terrace/internal/governance/maturity/maturitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// newPaid makes the rooms of what is really paid, and of how well that is dealt with.
func newPaid(p *platform, a *access, f *fabric, d *delivery, l *local.Service) (*focus.Service, *maturity.Service, error) {
	costs := focus.New(focus.Config{
		Store: focussql.NewStore(p.db, nil), Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
		Estimates: d.budgets, Estate: estate{deployments: runsql.NewStore(p.db), versions: statesql.NewStore(p.db), states: d.states, services: l, stages: d.stages},
	})
	d.budgets.Bills = bills{costs}
	assessed, err := maturity.New(maturity.Config{
		Store: maturitysql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Evidence: evidence{costs: costs, stages: d.stages, rules: d.rules, subscriptions: f.subscriptions, budgets: d.budgets, tenants: a.tenants},
	})
	return costs, assessed, err
}

// estate is a focus.Estate. It reads as the platform: costs has asked whether its
// caller may.
type estate struct {
	deployments *runsql.Store
	versions    *statesql.Store
	states      *state.Service
	services    *local.Service
	stages      *stage.Set
}

func asPaid(ctx context.Context, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.System("costs", tenant))
}

// Deployments implements focus.Estate.
func (e estate) Deployments(ctx context.Context, scope kernel.Scope) ([]focus.Deployed, error) {
	all, err := e.deployments.Deployments(ctx, scope, "")
	if err != nil {
		return nil, err
	}
	still, err := e.still(asPaid(ctx, scope.Tenant), all)
	out := make([]focus.Deployed, 0, len(all))
	for _, d := range all {
		one := focus.Deployed{Scope: d.Scope, Workload: d.Workload, Status: string(d.Status), Stopped: still[d.Stack]}
		if d.AppliedAt != nil {
			one.AppliedAt = *d.AppliedAt
		}
		out = append(out, one)
	}
	return out, err
}

// still returns the stacks of which every process has ended, where they run here.
func (e estate) still(ctx context.Context, all []run.Deployment) (map[string]bool, error) {
	out, asked := map[string]bool{}, map[kernel.Scope]bool{}
	for _, d := range all {
		if st, err := e.stages.Get(d.Scope.Stage); err != nil || st.Target != stage.TargetLocal || asked[d.Scope] {
			continue
		}
		asked[d.Scope] = true
		for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
			found, err := e.services.Services(ctx, d.Scope, page)
			if err != nil {
				return nil, err
			}
			for _, s := range found.Items {
				out[kernel.StackID(d.Scope, s.Name)] = ended(s)
			}
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
	}
	return out, nil
}

func ended(s local.ServiceInfo) bool {
	for _, c := range s.Containers {
		if c.Phase != "stopped" && c.Phase != "complete" {
			return false
		}
	}
	return len(s.Containers) > 0
}

// mostLeftovers bounds how many states without a deployment are opened.
const mostLeftovers = 100

// Leftovers implements focus.Estate.
func (e estate) Leftovers(ctx context.Context, scope kernel.Scope) ([]focus.Leftover, error) {
	deployed, err := e.deployments.Deployments(ctx, scope, "")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, d := range deployed {
		known[d.Stack] = true
	}
	versions, err := e.versions.InForce(ctx, scope.Tenant, scope.Project)
	if err != nil {
		return nil, err
	}
	var left []focus.Leftover
	opened := 0
	for _, v := range versions {
		if known[v.Stack] || opened == mostLeftovers {
			continue
		}
		opened++
		one, err := e.leftover(asPaid(ctx, scope.Tenant), v)
		if err != nil {
			return nil, err
		}
		if one.Resources > 0 {
			left = append(left, one)
		}
	}
	return left, nil
}

// leftover counts what a state manages.
func (e estate) leftover(ctx context.Context, v state.Version) (focus.Leftover, error) {
	scope, workload, err := state.SplitStack(v.Stack)
	if err != nil {
		return focus.Leftover{}, err
	}
	seen, err := e.states.Look(ctx, v.Stack, v.ID)
	one := focus.Leftover{Scope: scope, Workload: workload, Since: v.CreatedAt}
	for _, r := range seen.Resources {
		if r.Mode == "managed" {
			one.Resources++
		}
	}
	return one, err
}

// evidence is a maturity.Evidence.
type evidence struct {
	costs         *focus.Service
	stages        *stage.Set
	rules         *automation.Service
	subscriptions *subscription.Service
	budgets       *budget.Service
	tenants       *tenant.Service
}

// Measure implements maturity.Evidence.
func (e evidence) Measure(ctx context.Context, scope kernel.Scope) (map[string]maturity.Figure, error) {
	ctx = asPaid(ctx, scope.Tenant)
	measures, err := e.costs.Measures(ctx, scope)
	if err != nil {
		return nil, err
	}
	all := map[string]maturity.Figure{}
	for name, v := range measures {
		all[name] = maturity.Figure{Value: v, From: "the costs that were imported, and what is deployed"}
	}
	stages := e.stages.All()
	tagged, ending := 0, 0
	for _, st := range stages {
		if len(st.RequiredTags) > 0 {
			tagged++
		}
		if st.Lifetimes().Default > 0 {
			ending++
		}
	}
	all["stages/ending"] = maturity.Figure{Value: float64(ending), From: "the stages with a default lifetime"}
	if err := e.budgeted(ctx, scope.Tenant, all); err != nil {
		return nil, err
	}
	all["stages/tagged-percent"] = maturity.Figure{Value: 100 * float64(tagged) / float64(max(1, len(stages))), From: "the stages' required tags"}
	told, err := e.notified(ctx, scope)
	all["costs/notified"] = maturity.Figure{Value: float64(told), From: "the tenant's rules that notify and active subscriptions that cost.anomaly_found passes"}
	return all, err
}

// budgeted measures the budgets of a tenant.
func (e evidence) budgeted(ctx context.Context, name string, all map[string]maturity.Figure) error {
	var projects []string
	_, err := counted(func(page kernel.PageRequest) (kernel.Page[tenant.Project], error) {
		return e.tenants.List(ctx, kernel.Scope{Tenant: name}, page)
	}, func(p tenant.Project) bool {
		projects = append(projects, p.Name)
		return true
	})
	if err != nil {
		return err
	}
	measures, err := e.budgets.Measures(ctx, name, projects)
	for measure, v := range measures {
		all[measure] = maturity.Figure{Value: v, From: "the budgets that are set"}
	}
	return err
}

// notified counts who is told of anomalies.
func (e evidence) notified(ctx context.Context, scope kernel.Scope) (int, error) {
	stages := []string{""}
	for _, st := range e.stages.All() {
		stages = append(stages, st.Name)
	}
	rules, err := counted(func(page kernel.PageRequest) (kernel.Page[automation.Rule], error) {
		return e.rules.List(ctx, scope, page)
	}, func(r automation.Rule) bool {
		return r.Do.Kind == automation.Notify && anomaliesPass(r.On, r.Scope, stages)
	})
	if err != nil {
		return 0, err
	}
	subscriptions, err := counted(func(page kernel.PageRequest) (kernel.Page[subscription.Subscription], error) {
		return e.subscriptions.List(ctx, scope, page)
	}, func(s subscription.Subscription) bool {
		return s.Status == subscription.Active && anomaliesPass(s.Filters, s.Scope, stages)
	})
	return rules + subscriptions, err
}

// counted counts what a test holds of, on all pages.
func counted[T any](list func(kernel.PageRequest) (kernel.Page[T], error), test func(T) bool) (int, error) {
	n := 0
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := list(page)
		if err != nil {
			return 0, err
		}
		for _, one := range found.Items {
			if test(one) {
				n++
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return n, nil
		}
	}
}

// anomaliesPass tells whether an anomaly in the scope, on any of the stages, passes
// the filters.
func anomaliesPass(filters []subscription.Filter, scope kernel.Scope, stages []string) bool {
	return slices.ContainsFunc(stages, func(name string) bool {
		return subscription.Match(filters, event.Event{
			SpecVersion: "1.0", Type: eventtype.Prefix + "cost.anomaly_found", Tenant: scope.Tenant, Project: scope.Project, Stage: name,
		})
	})
}
