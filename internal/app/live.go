package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// liveDeployments tells the registry which deployments a definition serves, so
// that it is not deleted under them. It reads the stores, not the services: a
// deletion was authorised for the tenant, whoever may see its projects.
type liveDeployments struct {
	deployments run.Deployments
	releases    release.Store
	stages      *stage.Set
	graph       func(context.Context, release.Release, stage.Stage) (*graph.Graph, *workload.Workload, error)
}

// Using implements module.Live.
func (l *liveDeployments) Using(ctx context.Context, scope kernel.Scope, definition string) ([]module.Deployment, error) {
	all, err := l.deployments.Deployments(ctx, kernel.Scope{Tenant: scope.Tenant}, "")
	if err != nil {
		return nil, err
	}
	var using []module.Deployment
	for _, d := range all {
		g, err := l.graphOf(ctx, d)
		if err != nil {
			return nil, err
		}
		for _, node := range g.Nodes {
			if node.Definition == definition {
				using = append(using, module.Deployment{
					Project: d.Scope.Project, Workload: d.Workload, Stage: d.Scope.Stage, Resource: node.UID,
				})
			}
		}
	}
	return using, nil
}

func (l *liveDeployments) graphOf(ctx context.Context, d run.Deployment) (*graph.Graph, error) {
	r, err := l.releases.Get(ctx, d.Scope.InProject(d.Scope.Project), d.Release.ID)
	if err != nil {
		return nil, err
	}
	s, err := l.stages.Get(d.Scope.Stage)
	if err != nil {
		return nil, err
	}
	g, _, err := l.graph(ctx, r, s)
	return g, err
}
