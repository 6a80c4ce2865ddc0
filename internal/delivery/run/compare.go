package run

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// dossier puts together what an approver needs to know.
func (e *execution) dossier(ctx context.Context, a attempt, view PlanView, gates []GateResult) (Dossier, error) {
	r := e.run
	d := Dossier{
		Run: r.ID, Stack: r.Stack, Operation: r.Operation, Workload: r.Workload, Stage: r.Scope.Stage,
		RequestedBy: r.RequestedBy, Reason: r.Reason, Release: r.Release, Availability: r.Availability,
		Plan: view, Gates: gates, Approvals: a.stage.Approvals, Root: a.root.Digest, LandingZone: a.root.LandingZone, Inputs: a.taken.inputs,
	}
	before, err := e.before(ctx, a)
	if err != nil {
		return Dossier{}, err
	}
	d.Deployed, d.Graph = before.release, diffGraphs(before.graph, after(r, a))
	spec := a.release.Spec
	if r.Operation == Destroy {
		spec = nil
	}
	d.Spec, err = diffJSON(before.spec, spec)
	return d, err
}

// after is the graph that the run leaves behind.
func after(r Run, a attempt) *graph.Graph {
	if r.Operation == Destroy {
		return nil
	}
	return a.graph
}

// deployed is what is on the stage before the run.
type deployed struct {
	release *ReleaseRef
	spec    []byte
	graph   *graph.Graph
}

// before loads what is deployed now. A run that is continued compares with
// what was there when it began.
func (e *execution) before(ctx context.Context, a attempt) (deployed, error) {
	ref, err := e.deployedRef(ctx)
	if err != nil || ref == nil {
		return deployed{}, err
	}
	old, err := e.s.Releases.Get(ctx, projectOf(e.scope), ref.ID)
	if err != nil {
		return deployed{}, err
	}
	g, _, err := e.s.Releases.Graph(ctx, old, a.stage)
	return deployed{release: ref, spec: old.Spec, graph: g}, err
}

func (e *execution) deployedRef(ctx context.Context) (*ReleaseRef, error) {
	if e.run.Deployed != nil {
		return e.run.Deployed, nil
	}
	d, err := e.s.Store.Deployment(ctx, e.scope, e.run.Workload)
	if kernel.Is(err, kernel.NotFound) || err == nil && d.Run == e.id {
		return nil, nil //nolint:nilnil // nothing was deployed before this run
	}
	if err != nil {
		return nil, err
	}
	return &d.Release, nil
}

// diffGraphs tells which resources come, go, or are served by another module.
func diffGraphs(before, after *graph.Graph) []NodeChange {
	changes := []NodeChange{}
	old, now := nodeViews(before), nodeViews(after)
	for uid, was := range old {
		is, stays := now[uid]
		switch {
		case !stays:
			changes = append(changes, NodeChange{UID: uid, Change: "removed", Before: &was})
		case was != is:
			changes = append(changes, NodeChange{UID: uid, Change: "changed", Before: &was, After: &is})
		}
	}
	for uid, is := range now {
		if _, was := old[uid]; !was {
			changes = append(changes, NodeChange{UID: uid, Change: "added", After: &is})
		}
	}
	slices.SortFunc(changes, func(a, b NodeChange) int { return cmp.Compare(a.UID, b.UID) })
	return changes
}

func nodeViews(g *graph.Graph) map[string]NodeView {
	views := map[string]NodeView{}
	if g == nil {
		return views
	}
	for _, n := range g.Nodes {
		views[n.UID] = NodeView{Definition: n.Definition, Module: n.Module.Source, Version: n.Module.Version, Digest: n.Module.Digest}
	}
	return views
}
