package run

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ResourceQuery names a resource of a workload.
type ResourceQuery struct {
	Workload string
	// Stage is one stage, or "" for all.
	Stage string
	// Resource is its name in the workload, or its uid.
	Resource string
}

// ResourceExplanation tells what serves a resource in one stage, and why.
type ResourceExplanation struct {
	Stage string `json:"stage"`
	// Release is the one that is deployed there.
	Release ReleaseRef `json:"release"`
	Node    graph.Node `json:"resource"`
	// Address is the module's in terraform.
	Address string `json:"address"`
	// Outputs are those of the stack that belong to the resource.
	Outputs map[string]string `json:"outputs"`
}

// ExplainResource tells per stage which definition and module serve a resource
// of what is deployed, and why.
func (s *Service) ExplainResource(ctx context.Context, scope kernel.Scope, q ResourceQuery) ([]ResourceExplanation, error) {
	stages, err := s.stagesFor(ctx, actionSee, scope, q.Stage)
	if err != nil {
		return nil, err
	}
	found, names, err := s.explainIn(ctx, scope, stages, q)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notExplained(q, names)
	}
	return found, nil
}

// explainIn looks in each stage; names are the resources it came across.
func (s *Service) explainIn(ctx context.Context, scope kernel.Scope, stages []stage.Stage, q ResourceQuery) (found []ResourceExplanation, names []string, err error) {
	for _, st := range stages {
		d, err := s.Store.Deployment(ctx, scope.InStage(st.Name), q.Workload)
		if kernel.Is(err, kernel.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		g, err := s.deployedGraph(ctx, d, st)
		if err != nil {
			return nil, nil, err
		}
		for name := range g.Names {
			names = append(names, name)
		}
		if node, ok := find(g, q.Resource); ok {
			found = append(found, explainNode(d, node, g))
		}
	}
	return found, names, nil
}

func (s *Service) deployedGraph(ctx context.Context, d Deployment, st stage.Stage) (*graph.Graph, error) {
	rel, err := s.Releases.Get(ctx, projectOf(d.Scope), d.Release.ID)
	if err != nil {
		return nil, err
	}
	g, _, err := s.Releases.Graph(ctx, rel, st)
	return g, err
}

func find(g *graph.Graph, resource string) (graph.Node, bool) {
	if uid, ok := g.Names[resource]; ok {
		return g.Node(uid)
	}
	return g.Node(resource)
}

func explainNode(d Deployment, node graph.Node, g *graph.Graph) ResourceExplanation {
	x := ResourceExplanation{
		Stage: d.Scope.Stage, Release: d.Release, Node: node,
		Address: "module." + node.Key, Outputs: map[string]string{},
	}
	endpoints := d.Endpoints()
	for name, uid := range g.Names {
		if uid == node.UID && endpoints[name] != "" {
			x.Outputs["url"] = endpoints[name]
		}
	}
	return x
}

func notExplained(q ResourceQuery, names []string) error {
	where := cmp.Or(q.Stage, "any stage")
	if len(names) == 0 {
		return kernel.Errorf(kernel.NotFound, "nothing of %s is deployed in %s", q.Workload, where).
			WithFix("deploy it, or see terrace workload graph score.yaml --stage STAGE")
	}
	slices.Sort(names)
	return kernel.Errorf(kernel.NotFound, "%s has no resource %s in %s", q.Workload, q.Resource, where).
		WithFix("it has %s", strings.Join(slices.Compact(names), ", "))
}
