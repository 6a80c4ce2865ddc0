# METADATA
# title: Container groups have no public address
# description: By default a container group is on the Internet.
# custom:
#   severity: high
#   fix: Set ip_address_type to "Private" or "None".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-container-group-public-ip
#   level: soft-mandatory
#   resources: [azurerm_container_group]
#   subjects: [azurerm_container_group.ip_address_type, container instance public IP address type, container group public ip]
package terrace.azure.container.group_public_ip

import data.terrace.lib.plan

path := ["ip_address_type"]

deny contains plan.finding(r, path, "has a public address") if {
	some r in plan.planned("azurerm_container_group")
	not plan.certain(r, path, "Public") in {"Private", "None"}
}
