# METADATA
# title: Nodes of AKS are in scale sets
# description: Pools in availability sets know neither zones nor automatic repair, and are retired.
# custom:
#   severity: medium
#   fix: Leave out type of default_node_pool, or set it to "VirtualMachineScaleSets".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-aks-scale-set-pool
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.default_node_pool.type, AKS pool type is scale set, kubernetes pool type is scale set]
package terrace.azure.aks.scale_set_pool

import data.terrace.lib.plan

path := ["default_node_pool", 0, "type"]

deny contains plan.finding(r, path, "has nodes in an availability set") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, "VirtualMachineScaleSets") == "AvailabilitySet"
}
