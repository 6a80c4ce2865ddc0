# METADATA
# title: Pools of Batch are in several zones
# description: A pool in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set policy in node_placement to "Zonal".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-batch-pool-zones
#   level: advisory
#   resources: [azurerm_batch_pool]
#   subjects:
#     - Batch pool zone
#     - azurerm_batch_pool.node_placement
package terrace.azure.batch.pool_zones

import data.terrace.lib.plan

path := ["node_placement", 0, "policy"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_batch_pool")
	plan.certain(r, path, "Regional") != "Zonal"
}
