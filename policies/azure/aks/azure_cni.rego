# METADATA
# title: AKS clusters use the network of Azure
# description: Kubenet has neither the policies nor the size of Azure CNI, and is retired.
# custom:
#   severity: medium
#   fix: Set network_plugin in network_profile to "azure".
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-aks-azure-cni
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.network_profile.network_plugin
#     - AKS cluster azure CNI
#     - AKS network plugin
#     - azurerm_kubernetes_cluster.network_plugin
#     - kubernetes cluster azure CNI
#     - kubernetes network plugin
package terrace.azure.aks.azure_cni

import data.terrace.lib.plan

path := ["network_profile", 0, "network_plugin"]

deny contains plan.finding(r, path, "does not use the network of Azure") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	lower(plan.certain(r, path, "kubenet")) != "azure"
}
