# METADATA
# title: ExpressRoute connections take the fast path
# description: Otherwise all data goes through the gateway, which is the narrow place.
# custom:
#   severity: low
#   fix: Set express_route_gateway_bypass to true, with a gateway of the sku ErGw3AZ or UltraPerformance.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-network-express-route-bypass
#   level: advisory
#   resources: [azurerm_virtual_network_gateway_connection]
#   subjects: [azurerm_virtual_network_gateway_connection.express_route_gateway_bypass, gateway connection fastpath]
package terrace.azure.network.express_route_bypass

import data.terrace.lib.plan

path := ["express_route_gateway_bypass"]

deny contains plan.finding(r, path, "goes through the gateway") if {
	some r in plan.planned("azurerm_virtual_network_gateway_connection")
	plan.value(r, ["type"], "") == "ExpressRoute"
	plan.certain(r, path, false) != true
}
