# METADATA
# title: Logs are read in networks alone
# description: Over the Internet, who has a credential of the workspace needs no way into a network.
# custom:
#   severity: medium
#   fix: Set internet_query_access_type to "SecuredByPerimeter" or "Disabled" (internet_query_enabled to false for Application Insights), and use a private link scope.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-monitor-internet-query
#   level: advisory
#   resources: [azurerm_log_analytics_workspace, azurerm_application_insights]
#   subjects:
#     - log analytics internet query
#     - application insights internet query
#     - azurerm_log_analytics_workspace.internet_query
package terrace.azure.monitor.internet_query

import data.terrace.lib.plan

# The names of now and of older versions of the provider.
paths := [["internet_query_access_type"], ["internet_query_enabled"]]

deny contains plan.finding(r, path, "is read over the Internet") if {
	some r in plan.planned_any(["azurerm_log_analytics_workspace", "azurerm_application_insights"])
	path := plan.named(r, paths)
	not plan.certain(r, path, "Enabled") in {false, "Disabled", "SecuredByPerimeter"}
}
