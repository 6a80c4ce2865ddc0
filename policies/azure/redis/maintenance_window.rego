# METADATA
# title: Redis is updated at a time of its own
# description: Otherwise updates come when the system likes, also in the busiest hour.
# custom:
#   severity: low
#   fix: Add patch_schedule.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: azure-redis-maintenance-window
#   level: advisory
#   resources: [azurerm_redis_cache]
#   subjects:
#     - azurerm_redis_cache.patch_schedule
#     - Redis maintenance
#     - Redis patch schedule
#     - Redis schedule updates
package terrace.azure.redis.maintenance_window

import data.terrace.lib.plan

path := ["patch_schedule"]

deny contains plan.finding(r, path, "is updated at any time") if {
	some r in plan.planned("azurerm_redis_cache")
	not plan.present(r, path)
}
