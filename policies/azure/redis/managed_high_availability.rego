# METADATA
# title: Managed Redis has a second node
# description: Without, the cache is gone while its node is.
# custom:
#   severity: medium
#   fix: Leave high_availability_enabled at true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-redis-managed-high-availability
#   level: advisory
#   resources: [azurerm_managed_redis]
#   subjects:
#     - azurerm_managed_redis.high_availability_enabled
#     - managed Redis high availability
package terrace.azure.redis.managed_high_availability

import data.terrace.lib.plan

path := ["high_availability_enabled"]

deny contains plan.finding(r, path, "has one node") if {
	some r in plan.planned("azurerm_managed_redis")
	plan.certain(r, path, true) != true
}
