# METADATA
# title: Subnets have a network security group
# description: Without a group, everything in a network talks to everything in the subnet.
# custom:
#   severity: medium
#   fix: Add azurerm_subnet_network_security_group_association for the subnet.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-network-subnet-nsg
#   level: advisory
#   resources: [azurerm_subnet, azurerm_virtual_network]
#   subjects: [subnet nsg, subnet network security group, azurerm_subnet_network_security_group_association]
package terrace.azure.network.subnet_nsg

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no network security group") if {
	some r in plan.planned("azurerm_subnet")
	not excepted(plan.value(r, ["name"], ""))
	not delegated(r)
	not plan.present(r, ["network_security_group_id"])
	count(plan.associated(r, "azurerm_subnet_network_security_group_association", "subnet_id")) == 0
}

deny contains plan.finding(r, ["subnet", i], sprintf("has the subnet %s without a network security group", [name])) if {
	some r in plan.planned("azurerm_virtual_network")
	some i, subnet in plan.blocks(r, ["subnet"])
	name := plan.value(r, ["subnet", i, "name"], "")
	not excepted(name)
	subnet.name
	not plan.present(r, ["subnet", i, "security_group"])
}

# excepted are subnets in which Azure takes no group.
excepted(name) if lower(name) in {"gatewaysubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet"}

delegated(r) if lower(plan.value(r, ["delegation", 0, "service_delegation", 0, "name"], "")) == "microsoft.netapp/volumes"
