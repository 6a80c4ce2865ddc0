# METADATA
# title: Roles are given to groups and identities
# description: Roles of single people are forgotten when they change their work.
# custom:
#   severity: low
#   fix: Give the role to a group, with principal_type = "Group", and people to the group.
#   controls:
#     iso-27001-2022: ["A.5.18"]
#     mcsb: ["PA-7"]
#   id: azure-identity-assignment-to-users
#   level: advisory
#   resources: [azurerm_role_assignment]
#   subjects:
#     - role assignment user
#     - azurerm_role_assignment.principal_type
package terrace.azure.identity.assignment_to_users

import data.terrace.lib.plan

path := ["principal_type"]

deny contains plan.finding(r, path, "is given to one person") if {
	some r in plan.planned("azurerm_role_assignment")
	plan.value(r, path, "") == "User"
}
