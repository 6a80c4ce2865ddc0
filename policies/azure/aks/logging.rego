# METADATA
# title: AKS clusters send their logs
# description: Without the logs of containers nobody can say what happened in a cluster.
# custom:
#   severity: medium
#   fix: Add oms_agent with log_analytics_workspace_id.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-aks-logging
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.oms_agent
#     - AKS logging
#     - AKS container insights
#     - AKS monitoring
#     - kubernetes logging
#     - kubernetes container insights
#     - kubernetes monitoring
package terrace.azure.aks.logging

import data.terrace.lib.plan

path := ["oms_agent", 0, "log_analytics_workspace_id"]

deny contains plan.finding(r, path, "does not send its logs") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, path)
	plan.value(r, ["addon_profile", 0, "oms_agent", 0, "enabled"], false) != true
}
