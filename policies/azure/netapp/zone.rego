# METADATA
# title: Volumes of NetApp Files name their zone
# description: In the zone of its machines a volume is near; without a zone it is anywhere.
# custom:
#   severity: low
#   fix: Set zone.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-netapp-zone
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - azurerm_netapp_volume.zone
#     - NetApp volume zone
#     - NetApp availability zone
package terrace.azure.netapp.zone

import data.terrace.lib.plan

path := ["zone"]

deny contains plan.finding(r, path, "names no zone") if {
	some r in plan.planned("azurerm_netapp_volume")
	not plan.present(r, path)
}
