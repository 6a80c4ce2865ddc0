# METADATA
# title: Redis takes TLS 1.2 or newer
# description: >-
#   Old versions can be broken; who accepts them can be talked down to them. The default was 1.0 in older versions
#   of the provider.
# custom:
#   severity: high
#   fix: Set minimum_tls_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-redis-min-tls
#   level: hard-mandatory
#   resources: [azurerm_redis_cache, azurerm_redis_enterprise_database, azurerm_redis_enterprise_cluster]
#   subjects:
#     - azurerm_redis_cache.minimum_tls_version
#     - azurerm_redis_enterprise_database.minimum_tls_version
#     - azurerm_redis_enterprise_cluster.minimum_tls_version
#     - Redis TLS
package terrace.azure.redis.min_tls

import data.terrace.lib.plan

types := [
	"azurerm_redis_cache",
	"azurerm_redis_enterprise_database",
	"azurerm_redis_enterprise_cluster",
]

path := ["minimum_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned_any(types)
	not plan.certain(r, path, "1.0") in {"1.2", "1.3"}
}
