package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph/graphsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newMesh makes what knows how services call each other; stages are told later.
func newMesh(p *platform, a *access) *mesh.Service {
	kept := meshsql.NewStore(p.db)
	return mesh.NewService(mesh.Config{
		Store: kept, Owners: kept, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log, Domain: p.config.Zone,
	})
}

// newGraph makes what knows who calls whom; stages are told later.
func newGraph(p *platform, a *access, f *fabric) *graph.Service {
	return &graph.Service{Store: graphsql.NewStore(p.db), Tx: p.db, Gateway: entrance{f}, Authorizer: a.identity, Domain: p.config.Zone, Answered: localAnswers{&f.instances}.answered}
}

// entrance is the gateway as a caller of services.
type entrance struct{ fabric *fabric }

// Served implements graph.Gateway.
func (e entrance) Served(ctx context.Context, q traffic.Question) ([]traffic.Count, error) {
	if err := e.fabric.traffic.Book.Write(ctx); err != nil {
		return nil, err
	}
	return e.fabric.traffic.Book.Store.Sums(ctx, q)
}

// Backends implements graph.Gateway.
func (e entrance) Backends(scope kernel.Scope, route string) (string, bool) {
	return e.fabric.gateway.Answers(scope, route)
}
