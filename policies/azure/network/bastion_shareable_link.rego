# METADATA
# title: Bastion hosts give no links to machines away
# description: Whoever has such a link comes to the machine without a login to Azure.
# custom:
#   severity: medium
#   fix: Set shareable_link_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-network-bastion-shareable-link
#   level: soft-mandatory
#   resources: [azurerm_bastion_host]
#   subjects: [azurerm_bastion_host.shareable_link_enabled, bastion shareable link]
package terrace.azure.network.bastion_shareable_link

import data.terrace.lib.plan

path := ["shareable_link_enabled"]

deny contains plan.finding(r, path, "gives links to machines away") if {
	some r in plan.planned("azurerm_bastion_host")
	plan.certain(r, path, false) != false
}
