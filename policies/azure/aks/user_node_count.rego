# METADATA
# title: Pools for workloads of AKS have at least two nodes
# description: With one node, workloads are away whenever it is upgraded.
# custom:
#   severity: low
#   fix: Set auto_scaling_enabled to true with min_count of at least 2, or node_count to at least 2.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-aks-user-node-count
#   level: advisory
#   resources: [azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster_node_pool.node_count
#     - azurerm_kubernetes_cluster_node_pool.min_count
#     - AKS user node pool count
#     - kubernetes user node pool count
package terrace.azure.aks.user_node_count

import data.terrace.lib.plan

deny contains plan.finding(r, path(r), "can be a single node") if {
	some r in plan.planned("azurerm_kubernetes_cluster_node_pool")
	plan.value(r, ["mode"], "User") == "User"
	plan.certain(r, path(r), 1) < 2
}

path(r) := ["min_count"] if scales(r)

path(r) := ["node_count"] if not scales(r)

scales(r) if {
	some name in ["auto_scaling_enabled", "enable_auto_scaling"]
	plan.value(r, [name], false) == true
}
