# METADATA
# title: Volumes of NetApp Files have snapshots
# description: What was overwritten comes back from a snapshot in moments.
# custom:
#   severity: medium
#   fix: Add data_protection_snapshot_policy with snapshot_policy_id.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-netapp-snapshots
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - azurerm_netapp_volume.data_protection_snapshot_policy
#     - NetApp snapshot
package terrace.azure.netapp.snapshots

import data.terrace.lib.plan

path := ["data_protection_snapshot_policy"]

deny contains plan.finding(r, path, "has no snapshots") if {
	some r in plan.planned("azurerm_netapp_volume")
	not plan.present(r, path)
}
