# METADATA
# title: AKS clusters are private
# description: The API server of a cluster is reached from the network alone, never from the Internet.
# custom:
#   severity: high
#   fix: Set private_cluster_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-aks-private-cluster
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.private_cluster_enabled
#     - AKS enables private clusters
#     - kubernetes private cluster
#     - kubernetes enables private clusters
package terrace.azure.aks.private_cluster

import data.terrace.lib.plan

path := ["private_cluster_enabled"]

deny contains plan.finding(r, path, "has an API server on the Internet") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
