# METADATA
# title: Managed Redis takes encrypted connections alone
# description: Plain connections show keys and data to everyone on the way.
# custom:
#   severity: high
#   fix: Set client_protocol in default_database to "Encrypted".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-redis-managed-encrypted
#   level: soft-mandatory
#   resources: [azurerm_managed_redis, azurerm_redis_enterprise_database]
#   subjects:
#     - azurerm_managed_redis.default_database_client_protocol
#     - azurerm_redis_enterprise_database.default_database_client_protocol
#     - azurerm_managed_redis.client_protocol
#     - azurerm_redis_enterprise_database.client_protocol
#     - Redis client protocol
#     - managed Redis encrypt
package terrace.azure.redis.managed_encrypted

import data.terrace.lib.plan

types := [
	"azurerm_managed_redis",
	"azurerm_redis_enterprise_database",
]

# The name of now, and those of older versions of the provider.
paths := [["default_database", 0, "client_protocol"], ["client_protocol"]]

deny contains plan.finding(r, path, "takes plain connections") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	plan.certain(r, path, "Encrypted") != "Encrypted"
}
