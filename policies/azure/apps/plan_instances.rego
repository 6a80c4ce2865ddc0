# METADATA
# title: Plans of apps have at least two instances
# description: With one instance an app is away whenever that is maintained.
# custom:
#   severity: medium
#   fix: Set worker_count to 2 or more; 3 for zones.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apps-plan-instances
#   level: advisory
#   resources: [azurerm_service_plan]
#   subjects: [azurerm_service_plan.worker_count, app service instance minimum, service plan worker count, web app instance minimum]
package terrace.azure.apps.plan_instances

import data.terrace.lib.plan

path := ["worker_count"]

deny contains plan.finding(r, path, "has one instance alone") if {
	some r in plan.planned("azurerm_service_plan")
	not plan.unknown(r, path)
	plan.certain(r, path, 1) < 2
}
