# METADATA
# title: AKS clusters have no dashboard
# description: The old dashboard lets whoever reaches it act with the rights of the cluster.
# custom:
#   severity: high
#   fix: Leave out kube_dashboard.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-8"]
#   id: azure-aks-dashboard
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.addon_profile.kube_dashboard
#     - AKS dashboard
#     - azurerm_kubernetes_cluster.kube_dashboard
#     - kubernetes dashboard
package terrace.azure.aks.dashboard

import data.terrace.lib.plan

path := ["addon_profile", 0, "kube_dashboard", 0, "enabled"]

deny contains plan.finding(r, path, "has the old dashboard") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != false
}
