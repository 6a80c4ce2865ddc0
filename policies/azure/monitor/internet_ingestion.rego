# METADATA
# title: Logs are written in networks alone
# description: Over the Internet, who has a credential of the workspace needs no way into a network.
# custom:
#   severity: medium
#   fix: Set internet_ingestion_access_type to "SecuredByPerimeter" or "Disabled" (internet_ingestion_enabled to false for Application Insights), and use a private link scope.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-monitor-internet-ingestion
#   level: advisory
#   resources: [azurerm_log_analytics_workspace, azurerm_application_insights]
#   subjects:
#     - log analytics internet ingestion
#     - application insights internet ingestion
#     - azurerm_log_analytics_workspace.internet_ingestion
package terrace.azure.monitor.internet_ingestion

import data.terrace.lib.plan

# The names of now and of older versions of the provider.
paths := [["internet_ingestion_access_type"], ["internet_ingestion_enabled"]]

deny contains plan.finding(r, path, "is written over the Internet") if {
	some r in plan.planned_any(["azurerm_log_analytics_workspace", "azurerm_application_insights"])
	path := plan.named(r, paths)
	not plan.certain(r, path, "Enabled") in {false, "Disabled", "SecuredByPerimeter"}
}
