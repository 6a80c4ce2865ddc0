# METADATA
# title: Redis caches have a private endpoint
# description: Through a private endpoint a service is reached from the network alone, at an address of the network.
# custom:
#   severity: medium
#   fix: Add azurerm_private_endpoint with private_service_connection to the resource.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-redis-private-endpoint
#   level: advisory
#   resources: [azurerm_redis_cache, azurerm_managed_redis]
#   subjects:
#     - azurerm_redis_cache.subnet_id
#     - azurerm_managed_redis.subnet_id
#     - Redis private endpoint
#     - Redis priv end
package terrace.azure.redis.private_endpoint

import data.terrace.lib.plan

types := [
	"azurerm_redis_cache",
	"azurerm_managed_redis",
]

deny contains plan.finding(r, [], "has no private endpoint") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["subnet_id"])
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
