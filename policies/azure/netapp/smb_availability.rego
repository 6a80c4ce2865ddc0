# METADATA
# title: SMB volumes stay up during maintenance
# description: Without continuous availability open files break when nodes change.
# custom:
#   severity: low
#   fix: Set smb_continuous_availability_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-netapp-smb-availability
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - NetApp SMB
#     - azurerm_netapp_volume.smb_continuous_availability_enabled
package terrace.azure.netapp.smb_availability

import data.terrace.lib.plan

path := ["smb_continuous_availability_enabled"]

deny contains plan.finding(r, path, "breaks open files during maintenance") if {
	some r in plan.planned("azurerm_netapp_volume")
	"CIFS" in plan.value(r, ["protocols"], [])
	plan.certain(r, path, false) != true
}
