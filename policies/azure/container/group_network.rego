# METADATA
# title: Container groups are in a network
# description: A group outside of a network is reached from, and reaches, the Internet alone.
# custom:
#   severity: high
#   fix: Set ip_address_type to "Private" and subnet_ids.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1", "NS-2"]
#   id: azure-container-group-network
#   level: soft-mandatory
#   resources: [azurerm_container_group]
#   subjects: [azurerm_container_group.subnet_ids, container group deployed virtual network, container group subnet]
package terrace.azure.container.group_network

import data.terrace.lib.plan

names := [["subnet_ids"], ["network_profile_id"]]

deny contains plan.finding(r, names[0], "is in no network") if {
	some r in plan.planned("azurerm_container_group")
	not plan.present(r, plan.named(r, names))
}
