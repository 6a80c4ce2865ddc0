# METADATA
# title: System pools of AKS have at least two nodes
# description: With one node, DNS of the cluster is away whenever it is upgraded.
# custom:
#   severity: medium
#   fix: Set auto_scaling_enabled to true with min_count of at least 2, or node_count to at least 2; 3 for production.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-aks-node-count
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.node_count
#     - azurerm_kubernetes_cluster.default_node_pool.min_count
#     - AKS node count
#     - azurerm_kubernetes_cluster.node_count
#     - azurerm_kubernetes_cluster.min_count
#     - kubernetes node count
package terrace.azure.aks.node_count

import data.terrace.lib.plan

deny contains plan.finding(r, path(r), "has a system pool that can be a single node") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path(r), 1) < 2
}

path(r) := ["default_node_pool", 0, "min_count"] if scales(r)

path(r) := ["default_node_pool", 0, "node_count"] if not scales(r)

scales(r) if {
	some name in ["auto_scaling_enabled", "enable_auto_scaling"]
	plan.value(r, ["default_node_pool", 0, name], false) == true
}
