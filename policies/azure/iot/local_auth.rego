# METADATA
# title: IoT hubs take no keys of services
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-iot-local-auth
#   level: advisory
#   resources: [azurerm_iothub]
#   subjects:
#     - azurerm_iothub.local_authentication_enabled
#     - IoT hub local auth
package terrace.azure.iot.local_auth

import data.terrace.lib.plan

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys of services") if {
	some r in plan.planned("azurerm_iothub")
	plan.certain(r, path, true) != false
}
