# METADATA
# title: Event Grid topics take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-eventgrid-topic-local-auth
#   level: advisory
#   resources: [azurerm_eventgrid_topic]
#   subjects:
#     - azurerm_eventgrid_topic.local_auth_enabled
#     - Eventgrid topic local auth
package terrace.azure.eventgrid.topic_local_auth

import data.terrace.lib.plan

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_eventgrid_topic")
	plan.certain(r, path, true) != false
}
