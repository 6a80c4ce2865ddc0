package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/quota/quotasql"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/access/usage/usagesql"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidsql"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/delivery/automation/automationsql"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildsql"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetsql"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone/landingzonesql"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/source/sourcesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stagesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databasesql"
	"github.com/terrace-idp/terrace/internal/fabric/document/documentsql"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo/slosql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail/tailsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic/trafficsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside/besidesql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph/graphsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshsql"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmesql"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert/vaultcertsql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionsql"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/governance/budget/budgetsql"
	"github.com/terrace-idp/terrace/internal/governance/compliance/compliancesql"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftsql"
	"github.com/terrace-idp/terrace/internal/governance/focus/focussql"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/governance/lifetime/lifetimesql"
	"github.com/terrace-idp/terrace/internal/governance/maturity/maturitysql"
	"github.com/terrace-idp/terrace/internal/governance/policy/policysql"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
)

// migrations are the tables of every room. Rooms migrate alone, so their order does not
// matter, but that topics take over what the events had of them, and the graph of the mesh what
// the gateway's traffic had.
func migrations() []db.Migrations {
	return []db.Migrations{
		tenantsql.Migrations(), identitysql.Migrations(), factorsql.Migrations(), providersql.Migrations(), upstreamsql.Migrations(), workloadidsql.Migrations(), keyringsql.Migrations(), quotasql.Migrations(), usagesql.Migrations(), auditsql.Migrations(),
		landingzonesql.Migrations(), modulesql.Migrations(), releasesql.Migrations(), runsql.Migrations(), sourcesql.Migrations(), stagesql.Migrations(), statesql.Migrations(), vcssql.Migrations(),
		configsql.Migrations(), documentsql.Migrations(), databasesql.Migrations(), dnssql.Migrations(), gatewaysql.Migrations(), productsql.Migrations(), domainsql.Migrations(), pkisql.Migrations(), acmesql.Migrations(), tuningsql.Migrations(), trafficsql.Migrations(), tailsql.Migrations(), slosql.Migrations(), meshsql.Migrations(), graphsql.Migrations(), besidesql.Migrations(), secretsql.Migrations(), vaultsyncsql.Migrations(), vaultcertsql.Migrations(), eventsql.Migrations(), topicsql.Migrations(), subscriptionsql.Migrations(),
		fleetsql.Migrations(), buildsql.Migrations(),
		automationsql.Migrations(), localsql.Migrations(), driftsql.Migrations(),
		apispecsql.Migrations(), compliancesql.Migrations(), focussql.Migrations(), budgetsql.Migrations(), lifetimesql.Migrations(), maturitysql.Migrations(), leaksql.Migrations(), policysql.Migrations(),
	}
}

func migrate(ctx context.Context, d *db.DB) error {
	for _, m := range migrations() {
		if err := d.Migrate(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
