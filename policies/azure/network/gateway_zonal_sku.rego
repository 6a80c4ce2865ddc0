# METADATA
# title: Network gateways are redundant across zones
# description: A gateway of another kind is in one zone, and away with it.
# custom:
#   severity: medium
#   fix: Set sku to one that ends with AZ, such as "VpnGw2AZ" or "ErGw1AZ".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-gateway-zonal-sku
#   level: advisory
#   resources: [azurerm_virtual_network_gateway]
#   subjects: [azurerm_virtual_network_gateway.sku, virtual network gateway sku, virtual network gateway zone]
package terrace.azure.network.gateway_zonal_sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_virtual_network_gateway")
	not endswith(plan.certain(r, path, ""), "AZ")
}
