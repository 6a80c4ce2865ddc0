# METADATA
# title: Cosmos DB takes TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimal_tls_version to "Tls12".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-cosmos-min-tls
#   level: hard-mandatory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.minimal_tls_version
#     - Cosmos TLS
package terrace.azure.cosmos.min_tls

import data.terrace.lib.plan

path := ["minimal_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	not plan.certain(r, path, "Tls12") in {"Tls12", "Tls13"}
}
