# METADATA
# title: Nodes of AKS encrypt at their host
# description: Otherwise temporary disks and caches of nodes are written in clear.
# custom:
#   severity: medium
#   fix: Set host_encryption_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-aks-host-encryption
#   level: advisory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.host_encryption_enabled
#     - azurerm_kubernetes_cluster.default_node_pool.enable_host_encryption
#     - azurerm_kubernetes_cluster_node_pool.host_encryption_enabled
#     - AKS encryption at host
#     - azurerm_kubernetes_cluster.host_encryption_enabled
#     - azurerm_kubernetes_cluster.enable_host_encryption
#     - kubernetes encryption at host
package terrace.azure.aks.host_encryption

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has nodes that do not encrypt at their host") if {
	some [r, prefix] in pools
	path := plan.named(r, [array.concat(prefix, ["host_encryption_enabled"]), array.concat(prefix, ["enable_host_encryption"])])
	plan.certain(r, path, false) != true
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
