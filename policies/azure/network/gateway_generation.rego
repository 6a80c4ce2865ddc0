# METADATA
# title: VPN gateways use routes
# description: Gateways that use policies know neither zones nor IKEv2.
# custom:
#   severity: low
#   fix: Set vpn_type to "RouteBased".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#   id: azure-network-gateway-generation
#   level: advisory
#   resources: [azurerm_virtual_network_gateway]
#   subjects: [azurerm_virtual_network_gateway.vpn_type, virtual network gateway vpn type]
package terrace.azure.network.gateway_generation

import data.terrace.lib.plan

path := ["vpn_type"]

deny contains plan.finding(r, path, "uses policies") if {
	some r in plan.planned("azurerm_virtual_network_gateway")
	plan.certain(r, path, "RouteBased") == "PolicyBased"
}
