# METADATA
# title: Subnets use private endpoints
# description: A service endpoint opens the way to all accounts of a service, those of others too.
# custom:
#   severity: low
#   fix: Leave out service_endpoint, and add azurerm_private_endpoint for each service.
#   controls:
#     iso-27001-2022: ["A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-network-subnet-service-endpoints
#   level: advisory
#   resources: [azurerm_subnet]
#   subjects: [azurerm_subnet.service_endpoints, subnet service endpoint]
package terrace.azure.network.subnet_service_endpoints

import data.terrace.lib.plan

names := [["service_endpoint"], ["service_endpoints"]]

deny contains plan.finding(r, path, "has service endpoints") if {
	some r in plan.planned("azurerm_subnet")
	some path in names
	plan.present(r, path)
}
