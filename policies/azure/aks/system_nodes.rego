# METADATA
# title: System nodes of AKS run what is critical alone
# description: A workload that takes all memory of a system node takes DNS of the cluster with it.
# custom:
#   severity: low
#   fix: Set only_critical_addons_enabled to true, and add a pool for workloads.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-aks-system-nodes
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.only_critical_addons_enabled
#     - AKS only critical pods on system nodes
#     - azurerm_kubernetes_cluster.only_critical_addons_enabled
#     - kubernetes only critical pods on system nodes
package terrace.azure.aks.system_nodes

import data.terrace.lib.plan

path := ["default_node_pool", 0, "only_critical_addons_enabled"]

deny contains plan.finding(r, path, "runs workloads on system nodes") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
