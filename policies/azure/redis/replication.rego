# METADATA
# title: Redis has a second node
# description: Of the sku Basic there is one node, and no promise.
# custom:
#   severity: medium
#   fix: Set sku_name to "Standard" or "Premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-redis-replication
#   level: advisory
#   resources: [azurerm_redis_cache]
#   subjects:
#     - azurerm_redis_cache.sku_name
#     - Redis standard replication
#     - Redis sku
#     - Redis basic
package terrace.azure.redis.replication

import data.terrace.lib.plan

path := ["sku_name"]

deny contains plan.finding(r, path, "has one node") if {
	some r in plan.planned("azurerm_redis_cache")
	not plan.certain(r, path, "") in {"Standard", "Premium"}
}
