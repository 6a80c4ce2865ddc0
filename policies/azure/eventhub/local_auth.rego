# METADATA
# title: Event Hubs take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-eventhub-local-auth
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - azurerm_eventhub_namespace.local_authentication_enabled
#     - Event hub local auth
package terrace.azure.eventhub.local_auth

import data.terrace.lib.plan

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	plan.certain(r, path, true) != false
}
