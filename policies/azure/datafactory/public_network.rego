# METADATA
# title: Data factories are closed to public networks
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_network_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-datafactory-public-network
#   level: soft-mandatory
#   resources: [azurerm_data_factory]
#   subjects:
#     - azurerm_data_factory.public_network_enabled
#     - data factory public
#     - data factory no public network access
package terrace.azure.datafactory.public_network

import data.terrace.lib.plan

path := ["public_network_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_data_factory")
	plan.certain(r, path, true) != false
}
