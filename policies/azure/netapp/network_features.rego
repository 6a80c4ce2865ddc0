# METADATA
# title: Volumes of NetApp Files have standard network features
# description: Basic ones know neither network security groups nor route tables.
# custom:
#   severity: low
#   fix: Set network_features to "Standard".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-netapp-network-features
#   level: advisory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - azurerm_netapp_volume.network_features
#     - NetApp network features
package terrace.azure.netapp.network_features

import data.terrace.lib.plan

path := ["network_features"]

deny contains plan.finding(r, path, "has basic network features") if {
	some r in plan.planned("azurerm_netapp_volume")
	plan.certain(r, path, "Basic") != "Standard"
}
