# METADATA
# title: Event Grid topics and domains have a private endpoint
# description: Through a private endpoint a service is reached from the network alone, at an address of the network.
# custom:
#   severity: medium
#   fix: Add azurerm_private_endpoint with private_service_connection to the resource.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-eventgrid-private-endpoint
#   level: advisory
#   resources: [azurerm_eventgrid_topic, azurerm_eventgrid_domain]
#   subjects:
#     - Eventgrid private endpoint
#     - Eventgrid private link
package terrace.azure.eventgrid.private_endpoint

import data.terrace.lib.plan

types := [
	"azurerm_eventgrid_topic",
	"azurerm_eventgrid_domain",
]

deny contains plan.finding(r, [], "has no private endpoint") if {
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
