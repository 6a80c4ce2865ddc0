# METADATA
# title: Managed disks have one machine
# description: Two machines that write to a disk without a cluster destroy what is on it.
# custom:
#   severity: low
#   fix: Leave out max_shares; clusters that share a disk have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#   id: azure-compute-disk-shared
#   level: advisory
#   resources: [azurerm_managed_disk]
#   subjects: [azurerm_managed_disk.max_shares, managed disk shared]
package terrace.azure.compute.disk_shared

import data.terrace.lib.plan

path := ["max_shares"]

deny contains plan.finding(r, path, "is shared by several machines") if {
	some r in plan.planned("azurerm_managed_disk")
	not plan.unknown(r, path)
	plan.certain(r, path, 1) > 1
}
