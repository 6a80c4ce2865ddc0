package app

import (
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshsql"
)

// newMesh makes what knows how services call each other; stages are told later.
func newMesh(p *platform, a *access) *mesh.Service {
	return mesh.NewService(mesh.Config{
		Store: meshsql.NewStore(p.db), Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log, Domain: p.config.Zone,
	})
}
