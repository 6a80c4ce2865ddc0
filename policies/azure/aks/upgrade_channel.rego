# METADATA
# title: AKS clusters upgrade themselves
# description: What is known to be broken in Kubernetes is attacked within days.
# custom:
#   severity: medium
#   fix: Set automatic_upgrade_channel to "patch" or "stable".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-aks-upgrade-channel
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.automatic_upgrade_channel
#     - azurerm_kubernetes_cluster.automatic_channel_upgrade
#     - AKS upgrade channel
#     - kubernetes upgrade channel
package terrace.azure.aks.upgrade_channel

import data.terrace.lib.plan

names := [["automatic_upgrade_channel"], ["automatic_channel_upgrade"]]

deny contains plan.finding(r, path, "does not upgrade itself") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	path := plan.named(r, names)
	plan.certain(r, path, "none") in {"", "none"}
}
