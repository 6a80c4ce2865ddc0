# METADATA
# title: Nodes of AKS are patched by themselves
# description: A node that is never patched keeps every hole of its system.
# custom:
#   severity: medium
#   fix: Set node_os_upgrade_channel to "NodeImage" or "SecurityPatch".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-aks-node-os-upgrade
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.node_os_upgrade_channel
#     - azurerm_kubernetes_cluster.node_os_channel_upgrade
#     - AKS node os upgrade
#     - kubernetes node os upgrade
package terrace.azure.aks.node_os_upgrade

import data.terrace.lib.plan

names := [["node_os_upgrade_channel"], ["node_os_channel_upgrade"]]

deny contains plan.finding(r, path, "has nodes that nobody patches") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	path := plan.named(r, names)
	plan.certain(r, path, "NodeImage") in {"None", "Unmanaged"}
}
