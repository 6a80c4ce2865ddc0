# METADATA
# title: NAT gateways say in which zone they are
# description: A gateway without a zone is put in one that nobody knows, and the subnets are away with it.
# custom:
#   severity: low
#   fix: Set zones to the zone of the subnets that use it, or sku_name to "StandardV2" for all zones.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-nat-gateway-zone
#   level: advisory
#   resources: [azurerm_nat_gateway]
#   subjects: [azurerm_nat_gateway.zones, nat gateway zone]
package terrace.azure.network.nat_gateway_zone

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "does not say in which zone it is") if {
	some r in plan.planned("azurerm_nat_gateway")
	not plan.present(r, path)
	plan.value(r, ["sku_name"], "Standard") == "Standard"
}
