# METADATA
# title: Redis asks who connects
# description: Without, everyone in the network reads and writes everything.
# custom:
#   severity: high
#   fix: Leave authentication_enabled in redis_configuration at true.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-redis-authentication
#   level: soft-mandatory
#   resources: [azurerm_redis_cache]
#   subjects:
#     - azurerm_redis_cache.redis_configuration_authentication_enabled
#     - azurerm_redis_cache.redis_configuration_enable_authentication
#     - Redis authentication
package terrace.azure.redis.authentication

import data.terrace.lib.plan

# The name of now, and those of older versions of the provider.
paths := [["redis_configuration", 0, "authentication_enabled"], ["redis_configuration", 0, "enable_authentication"]]

deny contains plan.finding(r, path, "asks nobody who they are") if {
	some r in plan.planned("azurerm_redis_cache")
	path := plan.named(r, paths)
	plan.certain(r, path, true) != true
}
