# METADATA
# title: Event Grid topics are closed to public networks
# description: What answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-eventgrid-topic-public-network
#   level: soft-mandatory
#   resources: [azurerm_eventgrid_topic]
#   subjects:
#     - azurerm_eventgrid_topic.public_network_access_enabled
#     - Eventgrid topic network access
#     - Eventgrid topic public
package terrace.azure.eventgrid.topic_public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_eventgrid_topic")
	plan.certain(r, path, true) != false
}
