# METADATA
# title: Volumes of NetApp Files are replicated
# description: Without, a volume is gone while its zone or region is.
# custom:
#   severity: low
#   fix: Add data_protection_replication.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-netapp-replication
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - azurerm_netapp_volume.data_protection_replication
#     - NetApp replication
#     - NetApp cross region
#     - NetApp cross zone
package terrace.azure.netapp.replication

import data.terrace.lib.plan

path := ["data_protection_replication"]

deny contains plan.finding(r, path, "is not replicated") if {
	some r in plan.planned("azurerm_netapp_volume")
	not plan.present(r, path)
}
