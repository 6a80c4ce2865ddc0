package app

import (
	"github.com/terrace-idp/terrace/internal/access/keyring"
	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainsql"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmesql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionsql"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
)

// newKeys makes what rotates the keys of everything that is sealed.
func newKeys(p *platform, a *access, d *delivery) *keyring.Service {
	store := keyringsql.NewStore(p.db)
	return keyring.New(keyring.Config{
		Store: store, Rotations: store, Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Home: p.config.Tenant, Node: p.config.Node, Log: p.log,
		Holdings: []keyring.Holding{
			secretsql.NewStore(p.db).Sealed(p.sealer), leaksql.NewStore(p.db).Sealed(p.sealer), subscriptionsql.NewStore(p.db).Sealed(p.sealer), topicsql.NewStore(p.db).Sealed(p.sealer), vcssql.NewStore(p.db).Sealed(p.sealer),
			domainsql.NewStore(p.db).Sealed(p.sealer), dnssql.NewStore(p.db).Sealed(p.sealer), acmesql.NewStore(p.db).Sealed(p.sealer),
			state.Sealed{Service: d.states},
		},
	})
}
