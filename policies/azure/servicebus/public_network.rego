# METADATA
# title: Service Bus is closed to public networks
# description: A namespace that answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, in a namespace of the sku Premium.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-servicebus-public-network
#   level: soft-mandatory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - azurerm_servicebus_namespace.public_network_access_enabled
#     - Servicebus public access
#     - Servicebus public network
package terrace.azure.servicebus.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	plan.certain(r, path, true) != false
}
