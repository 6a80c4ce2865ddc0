# METADATA
# title: MariaDB servers have a private endpoint
# description: Through a private endpoint a service is reached from the network alone, at an address of the network.
# custom:
#   severity: medium
#   fix: Add azurerm_private_endpoint with private_service_connection to the resource.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-mariadb-private-endpoint
#   level: advisory
#   resources: [azurerm_mariadb_server]
#   subjects:
#     - MariaDB private endpoint
#     - MariaDB priv end
package terrace.azure.mariadb.private_endpoint

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no private endpoint") if {
	some r in plan.planned("azurerm_mariadb_server")
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
