# METADATA
# title: Addresses of network gateways are in several zones
# description: A gateway over all zones whose address is in one is away with that.
# custom:
#   severity: low
#   fix: Set zones of the azurerm_public_ip to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-gateway-public-ip-zones
#   level: advisory
#   resources: [azurerm_virtual_network_gateway, azurerm_public_ip]
#   subjects: [virtual network gateway public ip zone, vpn gateway public ip zone]
package terrace.azure.network.gateway_public_ip_zones

import data.terrace.lib.plan

deny contains plan.finding(r, ["ip_configuration"], "has an address in fewer than two zones") if {
	some address in plan.planned("azurerm_public_ip")
	not plan.spread(address, ["zones"])
	some r in plan.associated(address, "azurerm_virtual_network_gateway", "ip_configuration")
}
