# METADATA
# title: ExpressRoute circuits are of the Standard tier or better
# description: A circuit of the tier Local or Basic reaches nothing but the regions at its place.
# custom:
#   severity: low
#   fix: Set sku with tier = "Standard" or "Premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-express-route-sku
#   level: advisory
#   resources: [azurerm_express_route_circuit]
#   subjects: [azurerm_express_route_circuit.sku.tier, express route circuit sku]
package terrace.azure.network.express_route_sku

import data.terrace.lib.plan

path := ["sku", 0, "tier"]

deny contains plan.finding(r, path, "reaches regions at its place alone") if {
	some r in plan.planned("azurerm_express_route_circuit")
	not plan.certain(r, path, "") in {"Standard", "Premium"}
}
