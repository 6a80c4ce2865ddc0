# METADATA
# title: Managed disks are redundant across zones
# description: A disk in one zone is away with it, and cannot be attached elsewhere.
# custom:
#   severity: low
#   fix: Set storage_account_type to "Premium_ZRS" or "StandardSSD_ZRS".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-compute-disk-zone-redundant
#   level: advisory
#   resources: [azurerm_managed_disk]
#   subjects: [managed disk zone redundan, managed disk zrs]
package terrace.azure.compute.disk_zone_redundant

import data.terrace.lib.plan

path := ["storage_account_type"]

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_managed_disk")
	not endswith(plan.certain(r, path, ""), "_ZRS")
}
