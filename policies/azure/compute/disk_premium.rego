# METADATA
# title: Managed disks are premium
# description: Only machines whose disks are premium have an availability that Azure stands for.
# custom:
#   severity: low
#   fix: Set storage_account_type to "Premium_ZRS", "PremiumV2_LRS" or "UltraSSD_LRS".
#   controls:
#     iso-27001-2022: ["A.8.6", "A.8.14"]
#   id: azure-compute-disk-premium
#   level: advisory
#   resources: [azurerm_managed_disk]
#   subjects: [azurerm_managed_disk.storage_account_type, managed disk storage account type]
package terrace.azure.compute.disk_premium

import data.terrace.lib.plan

path := ["storage_account_type"]

deny contains plan.finding(r, path, "is not premium") if {
	some r in plan.planned("azurerm_managed_disk")
	not plan.certain(r, path, "") in {"Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "UltraSSD_LRS"}
}
