# METADATA
# title: Event Grid namespaces are closed to public networks
# description: What answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access to "Disabled".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-eventgrid-namespace-public-network
#   level: soft-mandatory
#   resources: [azurerm_eventgrid_namespace]
#   subjects:
#     - azurerm_eventgrid_namespace.public_network_access
#     - Eventgrid namespace public
#     - Eventgrid namespace network access
package terrace.azure.eventgrid.namespace_public_network

import data.terrace.lib.plan

path := ["public_network_access"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_eventgrid_namespace")
	plan.certain(r, path, "Enabled") != "Disabled"
}
