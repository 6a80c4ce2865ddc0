# METADATA
# title: API Management is closed to public networks
# description: APIs are published by the gateway that inspects what comes.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false once the service is made, and come through a gateway.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-apim-public-network
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.public_network_access_enabled, api management public access]
package terrace.azure.apim.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_api_management")
	plan.certain(r, path, true) != false
}
