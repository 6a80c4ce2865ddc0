# METADATA
# title: AKS clusters say when they may be upgraded
# description: Otherwise clusters are upgraded when it is least wanted.
# custom:
#   severity: low
#   fix: Add maintenance_window_auto_upgrade and maintenance_window_node_os.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: azure-aks-maintenance
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.maintenance_window, AKS maintenance window, kubernetes maintenance window]
package terrace.azure.aks.maintenance

import data.terrace.lib.plan

names := [["maintenance_window_auto_upgrade"], ["maintenance_window_node_os"], ["maintenance_window"]]

deny contains plan.finding(r, names[0], "can be upgraded at any time") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, plan.named(r, names))
}
