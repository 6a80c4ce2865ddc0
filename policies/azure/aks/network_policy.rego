# METADATA
# title: AKS clusters can close pods to each other
# description: Without an engine, network policies of workloads are accepted and ignored.
# custom:
#   severity: high
#   fix: Set network_policy in network_profile to "cilium", "azure" or "calico".
#   controls:
#     iso-27001-2022: ["A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-aks-network-policy
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.network_profile.network_policy
#     - AKS network policy
#     - azurerm_kubernetes_cluster.network_policy
#     - kubernetes network policy
package terrace.azure.aks.network_policy

import data.terrace.lib.plan

path := ["network_profile", 0, "network_policy"]

deny contains plan.finding(r, path, "ignores network policies") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, path)
}
