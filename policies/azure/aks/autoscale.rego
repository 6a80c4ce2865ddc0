# METADATA
# title: Pools of AKS grow by themselves
# description: A pool of a fixed size has no place for pods on the day that counts.
# custom:
#   severity: low
#   fix: Set auto_scaling_enabled to true, with min_count and max_count.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-aks-autoscale
#   level: advisory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.auto_scaling_enabled
#     - azurerm_kubernetes_cluster.default_node_pool.enable_auto_scaling
#     - azurerm_kubernetes_cluster_node_pool.auto_scaling_enabled
#     - AKS autoscal
#     - AKS auto scaling
#     - azurerm_kubernetes_cluster.auto_scaling_enabled
#     - azurerm_kubernetes_cluster.enable_auto_scaling
#     - kubernetes autoscal
#     - kubernetes auto scaling
package terrace.azure.aks.autoscale

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has a pool of a fixed size") if {
	some [r, prefix] in pools
	path := plan.named(r, [array.concat(prefix, ["auto_scaling_enabled"]), array.concat(prefix, ["enable_auto_scaling"])])
	plan.certain(r, path, false) != true
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
