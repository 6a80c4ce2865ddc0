# METADATA
# title: Log Analytics and Application Insights take no keys
# description: With the key of a workspace anyone can write false logs.
# custom:
#   severity: low
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-monitor-local-auth
#   level: advisory
#   resources: [azurerm_log_analytics_workspace, azurerm_application_insights]
#   subjects:
#     - log analytics local auth
#     - application insights local auth
#     - azurerm_log_analytics_workspace.local_authentication
#     - azurerm_application_insights.local_authentication
package terrace.azure.monitor.local_auth

import data.terrace.lib.plan

types := ["azurerm_log_analytics_workspace", "azurerm_application_insights"]

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
	plan.value(r, ["local_authentication_disabled"], false) != true
}
