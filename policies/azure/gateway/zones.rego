# METADATA
# title: Application gateways are in several zones
# description: A gateway in one zone takes all applications with it when the zone is away.
# custom:
#   severity: medium
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-gateway-zones
#   level: advisory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.zones, application gateway zone]
package terrace.azure.gateway.zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned("azurerm_application_gateway")
	not plan.spread(r, path)
}
