# METADATA
# title: Nodes of AKS start from ephemeral disks
# description: A node keeps nothing; a disk that goes with it starts faster and leaves nothing behind.
# custom:
#   severity: low
#   fix: Set os_disk_type to "Ephemeral".
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: azure-aks-ephemeral-disks
#   level: advisory
#   resources: [azurerm_kubernetes_cluster, azurerm_kubernetes_cluster_node_pool]
#   subjects:
#     - azurerm_kubernetes_cluster.default_node_pool.os_disk_type
#     - azurerm_kubernetes_cluster_node_pool.os_disk_type
#     - AKS ephemeral os disk
#     - azurerm_kubernetes_cluster.os_disk_type
#     - kubernetes ephemeral os disk
package terrace.azure.aks.ephemeral_disks

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has nodes whose disks outlive them") if {
	some [r, prefix] in pools
	path := array.concat(prefix, ["os_disk_type"])
	plan.certain(r, path, "Managed") != "Ephemeral"
}

# pools are the default pool of each cluster and those beside it, and where in
# the resource their arguments are.
pools := array.concat(
	[[r, ["default_node_pool", 0]] | some r in plan.planned("azurerm_kubernetes_cluster")],
	[[r, []] | some r in plan.planned("azurerm_kubernetes_cluster_node_pool")],
)
