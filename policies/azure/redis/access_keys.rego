# METADATA
# title: Redis takes no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: low
#   fix: Set access_keys_authentication_enabled to false; in default_database for azurerm_managed_redis.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-redis-access-keys
#   level: advisory
#   resources: [azurerm_redis_cache, azurerm_managed_redis]
#   subjects:
#     - Redis access keys
#     - Redis local auth
package terrace.azure.redis.access_keys

import data.terrace.lib.plan

deny contains plan.finding(r, path, "takes keys") if {
	path := ["access_keys_authentication_enabled"]
	some r in plan.planned("azurerm_redis_cache")
	plan.certain(r, path, true) != false
}

deny contains plan.finding(r, path, "takes keys") if {
	path := ["default_database", 0, "access_keys_authentication_enabled"]
	some r in plan.planned("azurerm_managed_redis")
	plan.certain(r, path, false) != false
}
