# METADATA
# title: Roles of an organisation are assigned in named scopes
# description: A role that can be assigned at the root can be given over everything.
# custom:
#   severity: medium
#   fix: Set assignable_scopes to management groups, subscriptions or resource groups.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-identity-assignable-scopes
#   level: advisory
#   resources: [azurerm_role_definition]
#   subjects:
#     - role definition assignable scopes
#     - azurerm_role_definition.assignable_scopes
package terrace.azure.identity.assignable_scopes

import data.terrace.lib.plan

path := ["assignable_scopes"]

deny contains plan.finding(r, path, "can be assigned at the root") if {
	some r in plan.planned("azurerm_role_definition")
	"/" in plan.value(r, path, [])
}
