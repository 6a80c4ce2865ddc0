# METADATA
# title: Disks of AKS are encrypted with a key of their owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: medium
#   fix: Set disk_encryption_set_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-aks-disk-encryption-set
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.disk_encryption_set_id, AKS disk encryption set, kubernetes disk encryption set]
package terrace.azure.aks.disk_encryption_set

import data.terrace.lib.plan

path := ["disk_encryption_set_id"]

deny contains plan.finding(r, path, "keeps disks that are encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, path)
}
