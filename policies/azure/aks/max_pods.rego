# METADATA
# title: Nodes of AKS take at least 50 pods
# description: With few pods on each node, upgrades and bursts run out of places.
# custom:
#   severity: low
#   fix: Set max_pods to 50 or more.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-aks-max-pods
#   level: advisory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.max_pods
#     - azurerm_kubernetes_cluster_node_pool.max_pods
#     - AKS max pods
#     - azurerm_kubernetes_cluster.max_pods
#     - kubernetes max pods
package terrace.azure.aks.max_pods

import data.terrace.lib.plan

deny contains plan.finding(r, path, "takes few pods on each node") if {
	some [r, prefix] in pools
	path := array.concat(prefix, ["max_pods"])
	object.get(r.unknown, path, false) != true
	plan.value(r, path, 30) < 50
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
