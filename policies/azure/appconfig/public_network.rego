# METADATA
# title: App Configuration is closed to public networks
# description: Settings are read from the network alone.
# custom:
#   severity: high
#   fix: Set public_network_access to "Disabled".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-appconfig-public-network
#   level: soft-mandatory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.public_network_access, app config public access, app configuration public network]
package terrace.azure.appconfig.public_network

import data.terrace.lib.plan

path := ["public_network_access"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_app_configuration")
	plan.certain(r, path, initial(r)) != "Disabled"
}

# Where nobody says anything, Azure closes what has a private endpoint.
initial(r) := "Disabled" if count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) > 0

initial(r) := "Enabled" if count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
