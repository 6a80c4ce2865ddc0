# METADATA
# title: Keys of Cosmos DB change data alone
# description: With a key, an application could change throughput, networks and the keys themselves.
# custom:
#   severity: medium
#   fix: Set access_key_metadata_writes_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-cosmos-key-writes
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.access_key_metadata_writes_enabled
#     - Cosmos access key write
#     - Cosmos key metadata
package terrace.azure.cosmos.key_writes

import data.terrace.lib.plan

path := ["access_key_metadata_writes_enabled"]

deny contains plan.finding(r, path, "can be managed with its keys") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.certain(r, path, true) != false
}
