# METADATA
# title: API Management is in a network
# description: Outside of a network, a gateway reaches what is on the Internet alone.
# custom:
#   severity: medium
#   fix: Set virtual_network_type to "Internal", and virtual_network_configuration with subnet_id.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-apim-network
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects:
#     - azurerm_api_management.virtual_network_configuration.subnet_id
#     - azurerm_api_management.virtual_network_type
#     - api services use virtual network
#     - api management virtual network
#     - azurerm_api_management.subnet_id
package terrace.azure.apim.network

import data.terrace.lib.plan

path := ["virtual_network_configuration", 0, "subnet_id"]

deny contains plan.finding(r, path, "is in no network") if {
	some r in plan.planned("azurerm_api_management")
	not plan.present(r, path)
}
