# METADATA
# title: Service Bus takes no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-servicebus-local-auth
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - azurerm_servicebus_namespace.local_auth_enabled
#     - Servicebus local auth
package terrace.azure.servicebus.local_auth

import data.terrace.lib.plan

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	plan.certain(r, path, true) != false
}
