# METADATA
# title: Event Hubs are closed to public networks
# description: A namespace that answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-eventhub-public-network
#   level: soft-mandatory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - azurerm_eventhub_namespace.public_network_access_enabled
#     - Event hub public
package terrace.azure.eventhub.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	plan.certain(r, path, true) != false
}
