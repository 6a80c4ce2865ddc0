# METADATA
# title: Mongo clusters have standbys in another zone
# description: Without, a shard is gone while its node is.
# custom:
#   severity: low
#   fix: Set high_availability_mode to "ZoneRedundantPreferred".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-cosmos-mongo-high-availability
#   level: advisory
#   resources: [azurerm_mongo_cluster]
#   subjects:
#     - azurerm_mongo_cluster.high_availability_mode
#     - Mongo cluster availability
package terrace.azure.cosmos.mongo_high_availability

import data.terrace.lib.plan

path := ["high_availability_mode"]

deny contains plan.finding(r, path, "has no standbys in another zone") if {
	some r in plan.planned("azurerm_mongo_cluster")
	plan.certain(r, path, "Disabled") != "ZoneRedundantPreferred"
}
