# METADATA
# title: API Management grows by itself
# description: A gateway of a fixed size is too small on the day that counts.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_autoscale_setting whose target_resource_id is the resource.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-apim-autoscale
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [api management auto scale]
package terrace.azure.apim.autoscale

import data.terrace.lib.plan

deny contains plan.finding(r, [], "does not grow by itself") if {
	some r in plan.planned("azurerm_api_management")
	count(plan.associated(r, "azurerm_monitor_autoscale_setting", "target_resource_id")) == 0
	not startswith(plan.value(r, ["sku_name"], ""), "Consumption")
}
