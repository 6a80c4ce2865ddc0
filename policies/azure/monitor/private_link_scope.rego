# METADATA
# title: Private link scopes are closed
# description: An open scope lets networks reach what is not in it, and data leave by it.
# custom:
#   severity: low
#   fix: Set ingestion_access_mode and query_access_mode to "PrivateOnly".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-monitor-private-link-scope
#   level: advisory
#   resources: [azurerm_monitor_private_link_scope]
#   subjects:
#     - azurerm_monitor_private_link_scope.ingestion_access_mode
#     - private link scope
#     - monitor private link scope
package terrace.azure.monitor.private_link_scope

import data.terrace.lib.plan

path := ["ingestion_access_mode"]

deny contains plan.finding(r, path, "is open") if {
	some r in plan.planned("azurerm_monitor_private_link_scope")
	plan.certain(r, path, "Open") != "PrivateOnly"
}
