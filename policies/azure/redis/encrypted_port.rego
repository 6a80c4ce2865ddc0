# METADATA
# title: Redis takes encrypted connections alone
# description: The plain port shows keys and data to everyone on the way.
# custom:
#   severity: high
#   fix: Set non_ssl_port_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-redis-encrypted-port
#   level: hard-mandatory
#   resources: [azurerm_redis_cache]
#   subjects:
#     - azurerm_redis_cache.non_ssl_port_enabled
#     - azurerm_redis_cache.enable_non_ssl_port
#     - Redis non SSL port
#     - Redis SSL
package terrace.azure.redis.encrypted_port

import data.terrace.lib.plan

# The name of now, and those of older versions of the provider.
paths := [["non_ssl_port_enabled"], ["enable_non_ssl_port"]]

deny contains plan.finding(r, path, "takes plain connections") if {
	some r in plan.planned("azurerm_redis_cache")
	path := plan.named(r, paths)
	plan.certain(r, path, false) != false
}
