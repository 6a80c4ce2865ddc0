# METADATA
# title: Logs are exported beyond their region
# description: Without an export to storage in several regions, logs are gone while their region is.
# custom:
#   severity: low
#   fix: Add azurerm_log_analytics_data_export_rule with workspace_resource_id, to an account of the kind GRS or GZRS.
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.15"]
#     mcsb: ["LT-6"]
#   id: azure-monitor-data-export
#   level: advisory
#   resources: [azurerm_log_analytics_workspace]
#   subjects:
#     - log analytics data export
#     - log analytics export
package terrace.azure.monitor.data_export

import data.terrace.lib.plan

deny contains plan.finding(r, [], "exports no logs") if {
	some r in plan.planned("azurerm_log_analytics_workspace")
	count(plan.associated(r, "azurerm_log_analytics_data_export_rule", "workspace_resource_id")) == 0
}
