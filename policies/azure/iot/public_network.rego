# METADATA
# title: IoT hubs are closed to public networks
# description: A hub that answers the Internet is tried with every key that leaks.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-iot-public-network
#   level: soft-mandatory
#   resources: [azurerm_iothub, azurerm_iothub_dps, azurerm_iothub_device_update_account]
#   subjects:
#     - IoT public network
#     - IoT no public
#     - azurerm_iothub.public_network_access_enabled
#     - azurerm_iothub_dps.public_network_access_enabled
package terrace.azure.iot.public_network

import data.terrace.lib.plan

types := ["azurerm_iothub", "azurerm_iothub_dps", "azurerm_iothub_device_update_account"]

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
