# METADATA
# title: VPN gateways are active twice
# description: With one active instance, tunnels break whenever it is maintained.
# custom:
#   severity: low
#   fix: Set active_active to true, with two ip_configuration.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-gateway-active-active
#   level: advisory
#   resources: [azurerm_virtual_network_gateway]
#   subjects: [azurerm_virtual_network_gateway.active_active, virtual network gateway active active, vpn gateway active active]
package terrace.azure.network.gateway_active_active

import data.terrace.lib.plan

path := ["active_active"]

deny contains plan.finding(r, path, "has one active instance alone") if {
	some r in plan.planned("azurerm_virtual_network_gateway")
	plan.value(r, ["type"], "Vpn") == "Vpn"
	plan.certain(r, path, false) != true
}
