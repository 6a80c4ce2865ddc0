# METADATA
# title: Data factories run in a network of their own
# description: In the shared network, runs reach the Internet, and data can leave by it.
# custom:
#   severity: low
#   fix: Set managed_virtual_network_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-datafactory-managed-network
#   level: advisory
#   resources: [azurerm_data_factory]
#   subjects:
#     - azurerm_data_factory.managed_virtual_network_enabled
#     - data factory virtual network
#     - data factory managed network
package terrace.azure.datafactory.managed_network

import data.terrace.lib.plan

path := ["managed_virtual_network_enabled"]

deny contains plan.finding(r, path, "runs in a shared network") if {
	some r in plan.planned("azurerm_data_factory")
	plan.certain(r, path, false) != true
}
