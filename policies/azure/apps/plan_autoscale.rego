# METADATA
# title: Plans of apps grow by themselves
# description: A plan of a fixed size is too small on the day that counts.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_autoscale_setting whose target_resource_id is the resource.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-apps-plan-autoscale
#   level: advisory
#   resources: [azurerm_service_plan]
#   subjects: [service plan autoscale, serverfarms autoscale, azurerm_service_plan.premium_plan_auto_scale_enabled]
package terrace.azure.apps.plan_autoscale

import data.terrace.lib.plan

deny contains plan.finding(r, [], "does not grow by itself") if {
	some r in plan.planned("azurerm_service_plan")
	count(plan.associated(r, "azurerm_monitor_autoscale_setting", "target_resource_id")) == 0
	plan.value(r, ["premium_plan_auto_scale_enabled"], false) != true
}
