package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/source/sourcesql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newSources makes what takes repositories as the truth, and has the rooms ask
// it before something is changed by hand.
func newSources(p *platform, a *access, f *fabric, d *delivery) *source.Service {
	return source.New(source.Config{
		Store: sourcesql.NewStore(p.db), Tx: p.db, Authorizer: a.identity, Journal: a.journal, Repositories: d.repositories,
		Stages: d.stageSets, Definitions: d.modules, Workloads: d.runs, Gateway: f.gateway, Mesh: f.mesh, Builds: d.builds, Projects: a.tenants, Tenants: a.tenants, Tenant: p.config.Tenant, Node: p.config.Node, Log: p.log,
	})
}

// sourceOf tells the rooms what belongs to a source. The rooms are made before
// the sources, which work with them.
type sourceOf struct{ delivery *delivery }

// Definition implements module.Owners.
func (o sourceOf) Definition(ctx context.Context, scope kernel.Scope, name string) error {
	return o.may(ctx, scope, source.Key{Kind: source.DefinitionKind, Name: name})
}

// Workload implements run.Owners.
func (o sourceOf) Workload(ctx context.Context, scope kernel.Scope, name string) error {
	return o.may(ctx, scope, source.Key{Kind: source.WorkloadKind, Project: scope.Project, Name: name})
}

func (o sourceOf) may(ctx context.Context, scope kernel.Scope, k source.Key) error {
	if o.delivery.sources == nil {
		return nil // the platform is being built
	}
	return o.delivery.sources.MayChange(ctx, scope, k)
}
