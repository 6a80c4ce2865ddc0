# METADATA
# title: Nodes of AKS are in several zones
# description: A cluster in one zone is away with it.
# custom:
#   severity: medium
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-aks-zones
#   level: advisory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.zones
#     - azurerm_kubernetes_cluster_node_pool.zones
#     - azurerm_kubernetes_cluster.availability zones
#     - AKS zone
#     - kubernetes zone
package terrace.azure.aks.zones

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has nodes in fewer than two zones") if {
	some [r, prefix] in pools
	path := array.concat(prefix, ["zones"])
	not plan.spread(r, path)
	not plan.spread(r, array.concat(prefix, ["availability_zones"]))
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
