# METADATA
# title: Nodes of AKS have no public address
# description: A node with an address of its own is on the Internet, beside everything that inspects.
# custom:
#   severity: high
#   fix: Set node_public_ip_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-aks-node-public-ip
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.node_public_ip_enabled
#     - azurerm_kubernetes_cluster.default_node_pool.enable_node_public_ip
#     - azurerm_kubernetes_cluster_node_pool.node_public_ip_enabled
#     - AKS node public ip
#     - azurerm_kubernetes_cluster.node_public_ip_enabled
#     - azurerm_kubernetes_cluster.enable_node_public_ip
#     - kubernetes node public ip
package terrace.azure.aks.node_public_ip

import data.terrace.lib.plan

deny contains plan.finding(r, path, "gives nodes public addresses") if {
	some [r, prefix] in pools
	some name in ["node_public_ip_enabled", "enable_node_public_ip"]
	path := array.concat(prefix, [name])
	plan.certain(r, path, false) != false
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
