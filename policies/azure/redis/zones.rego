# METADATA
# title: Redis is in several zones
# description: A cache in one zone is gone while the zone is.
# custom:
#   severity: medium
#   fix: Set zones to at least two, with sku_name = "Premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-redis-zones
#   level: advisory
#   resources: [azurerm_redis_cache, azurerm_redis_enterprise_cluster]
#   subjects:
#     - Redis zone
#     - Redis zone redundancy
#     - azurerm_redis_cache.zones
package terrace.azure.redis.zones

import data.terrace.lib.plan

types := ["azurerm_redis_cache", "azurerm_redis_enterprise_cluster"]

path := ["zones"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned_any(types)
	not plan.spread(r, path)
}
