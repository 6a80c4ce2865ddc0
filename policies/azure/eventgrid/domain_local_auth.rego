# METADATA
# title: Event Grid domains take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-eventgrid-domain-local-auth
#   level: advisory
#   resources: [azurerm_eventgrid_domain]
#   subjects:
#     - azurerm_eventgrid_domain.local_auth_enabled
#     - Eventgrid domain local auth
package terrace.azure.eventgrid.domain_local_auth

import data.terrace.lib.plan

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_eventgrid_domain")
	plan.certain(r, path, true) != false
}
