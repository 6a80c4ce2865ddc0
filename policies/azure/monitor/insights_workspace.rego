# METADATA
# title: Application Insights keeps its data in a workspace
# description: The classic kind is retired, and has no network rules and no lasting exports.
# custom:
#   severity: medium
#   fix: Set workspace_id to the id of a Log Analytics workspace.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-insights-workspace
#   level: advisory
#   resources: [azurerm_application_insights]
#   subjects:
#     - azurerm_application_insights.workspace_id
#     - application insights workspace
#     - application insights classic
package terrace.azure.monitor.insights_workspace

import data.terrace.lib.plan

path := ["workspace_id"]

deny contains plan.finding(r, path, "is of the classic kind") if {
	some r in plan.planned("azurerm_application_insights")
	not plan.present(r, path)
}
