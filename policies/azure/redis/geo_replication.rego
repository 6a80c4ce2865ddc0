# METADATA
# title: Premium caches have a replica in another region
# description: Without, the cache is gone while its region is.
# custom:
#   severity: low
#   fix: Add azurerm_redis_linked_server with target_redis_cache_name.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-redis-geo-replication
#   level: advisory
#   resources: [azurerm_redis_cache]
#   subjects:
#     - Redis geo replication
#     - Redis linked server
package terrace.azure.redis.geo_replication

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no replica in another region") if {
	some r in plan.planned("azurerm_redis_cache")
	count(plan.associated(r, "azurerm_redis_linked_server", "linked_redis_cache_id")) == 0
	count(plan.associated(r, "azurerm_redis_linked_server", "target_redis_cache_name")) == 0
}
