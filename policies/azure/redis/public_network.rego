# METADATA
# title: Redis is closed to public networks
# description: A cache that answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false; public_network_access to "Disabled" for azurerm_managed_redis.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-redis-public-network
#   level: soft-mandatory
#   resources: [azurerm_redis_cache, azurerm_managed_redis]
#   subjects:
#     - Redis public network
#     - Redis public access
#     - azurerm_redis_cache.public_network_access_enabled
#     - azurerm_managed_redis.public_network_access
package terrace.azure.redis.public_network

import data.terrace.lib.plan

paths := {"azurerm_redis_cache": ["public_network_access_enabled"], "azurerm_managed_redis": ["public_network_access"]}

deny contains plan.finding(r, path, "is open to public networks") if {
	some type, path in paths
	some r in plan.planned(type)
	not plan.certain(r, path, true) in {false, "Disabled"}
	not plan.present(r, ["subnet_id"])
}
