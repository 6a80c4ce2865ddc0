package impact

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// comparison is one question: what the next releases would be made of, today and then.
type comparison struct {
	service     *Service
	query       Query
	today, then release.Catalog
	// planned is then, with modules that terraform can fetch.
	planned func(ctx context.Context) (release.Catalog, error)
	why     string
}

// next is what a deployed release would become.
type next struct {
	deployed    release.Release
	today, then release.Release
	problem     string
}

func (c *comparison) radius(ctx context.Context, scope kernel.Scope) (Radius, error) {
	all, err := c.service.Deployments.All(ctx, scope.Tenant)
	if err != nil {
		return Radius{}, err
	}
	r := Radius{Touched: []Touched{}}
	releases := map[string]next{}
	for _, d := range c.ordered(all) {
		r.Deployments++
		n, known := releases[d.Scope.Project+"/"+d.Release]
		if !known {
			if n, err = c.next(ctx, d); err != nil {
				return Radius{}, err
			}
			releases[d.Scope.Project+"/"+d.Release] = n
		}
		touched, is, err := c.touched(ctx, d, n)
		if err != nil {
			return Radius{}, err
		}
		if !is {
			continue
		}
		if r.Total++; len(r.Touched) < MaxListed {
			r.Touched = append(r.Touched, touched)
		}
	}
	if c.query.Plan {
		return r, c.plan(ctx, scope, &r, releases)
	}
	return r, nil
}

// ordered are the deployments that the question is about, by project, workload
// and the order of the stages. A stage that is no longer configured has none.
func (c *comparison) ordered(all []Deployment) []Deployment {
	order := map[string]int{}
	for i, st := range c.service.Stages.All() {
		order[st.Name] = i + 1
	}
	asked := slices.DeleteFunc(all, func(d Deployment) bool { return order[d.Scope.Stage] == 0 || !c.query.covers(d) })
	slices.SortFunc(asked, func(a, b Deployment) int {
		return cmp.Or(cmp.Compare(a.Scope.Project, b.Scope.Project), cmp.Compare(a.Workload, b.Workload), cmp.Compare(order[a.Scope.Stage], order[b.Scope.Stage]))
	})
	return asked
}

// next makes the release's successors. That none can be made then, though one
// can today, is what a change does, too.
func (c *comparison) next(ctx context.Context, d Deployment) (n next, err error) {
	if n.deployed, err = c.service.Store.Get(ctx, d.Scope.InProject(d.Scope.Project), d.Release); err != nil {
		return n, err
	}
	var broken error
	if n.today, broken = c.service.Releases.Variant(n.deployed, c.today); broken != nil {
		if kernel.KindOf(broken) == kernel.Internal {
			return n, broken
		}
		// It cannot be made today either: what it is made of now is what there is to compare with.
		n.today = n.deployed
	}
	then, failed := c.service.Releases.Variant(n.deployed, c.then)
	switch {
	case failed == nil:
		n.then = then
	case kernel.KindOf(failed) == kernel.Internal:
		return n, failed
	case broken == nil:
		n.problem = failed.Error()
	}
	return n, nil
}

// touched compares what serves the resources of a deployment today and then.
func (c *comparison) touched(ctx context.Context, d Deployment, n next) (Touched, bool, error) {
	t := Touched{Project: d.Scope.Project, Workload: d.Workload, Stage: d.Scope.Stage, Release: d.Release, Problem: n.problem, Resources: []Resource{}}
	if n.problem != "" || n.then.ID == "" || n.then.ID == n.today.ID {
		return t, n.problem != "", nil
	}
	st, err := c.service.Stages.Get(d.Scope.Stage)
	if err != nil {
		return t, false, err
	}
	before, err := c.served(ctx, n.today, st)
	if err != nil {
		return t, false, err
	}
	after, err := c.served(ctx, n.then, st)
	if err != nil {
		return t, false, err
	}
	t.Resources = changes(before, after)
	return t, len(t.Resources) > 0, nil
}

// served is what serves a resource, with the arguments of its module.
type served struct {
	Served

	inputs, outputs map[string]any
}

func (c *comparison) served(ctx context.Context, r release.Release, st stage.Stage) (map[string]served, error) {
	g, _, err := c.service.Releases.Graph(ctx, r, st)
	if err != nil {
		return nil, err
	}
	all := map[string]served{}
	for _, n := range g.Nodes {
		all[n.UID] = served{Served: servedBy(n.Definition, n.Module), inputs: n.Inputs, outputs: n.Outputs}
	}
	runtime, err := r.Runtime(st)
	if err != nil {
		return nil, err
	}
	all[RuntimeUID] = served{Served: servedBy("", runtime)}
	return all, nil
}

func servedBy(definition string, pin graph.ModulePin) Served {
	return Served{Definition: definition, Module: pin.Source, Version: pin.Version, Digest: kernel.Digest(pin.Digest)}
}

func changes(before, after map[string]served) []Resource {
	found := []Resource{}
	for uid, was := range before {
		is, stays := after[uid]
		switch inputs := differing(was.inputs, is.inputs); {
		case !stays:
			found = append(found, Resource{UID: uid, Change: "removed", Before: &was.Served})
		case was.Served != is.Served || len(inputs) > 0 || !reflect.DeepEqual(was.outputs, is.outputs):
			found = append(found, Resource{UID: uid, Change: "changed", Before: &was.Served, After: &is.Served, Inputs: inputs})
		}
	}
	for uid, is := range after {
		if _, was := before[uid]; !was {
			found = append(found, Resource{UID: uid, Change: "added", After: &is.Served})
		}
	}
	slices.SortFunc(found, func(a, b Resource) int { return cmp.Compare(a.UID, b.UID) })
	return found
}

// differing are the names whose values are not the same in both, sorted.
func differing(a, b map[string]any) []string {
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return reflect.DeepEqual(a[name], b[name]) })
	return slices.Sorted(maps.Keys(names))
}
