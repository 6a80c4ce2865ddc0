# METADATA
# title: Plans of apps are in several zones
# description: Apps of a plan in one zone are away with it.
# custom:
#   severity: medium
#   fix: Set zone_balancing_enabled to true, with worker_count of at least 2.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apps-plan-zones
#   level: advisory
#   resources: [azurerm_service_plan]
#   subjects:
#     - azurerm_service_plan.zone_balancing_enabled
#     - app service plan zone redundan
#     - serverfarms zone
#     - service plan zone
#     - web app plan zone redundan
package terrace.azure.apps.plan_zones

import data.terrace.lib.plan

path := ["zone_balancing_enabled"]

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_service_plan")
	plan.certain(r, path, false) != true
}
