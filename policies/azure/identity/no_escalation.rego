# METADATA
# title: Roles of an organisation give no roles
# description: Who may write roles or assignments may give themselves everything.
# custom:
#   severity: high
#   fix: Leave out actions of Microsoft.Authorization that write.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-1", "PA-7"]
#   id: azure-identity-no-escalation
#   level: soft-mandatory
#   resources: [azurerm_role_definition]
#   subjects:
#     - role definition custom role creation
#     - role definition escalation
package terrace.azure.identity.no_escalation

import data.terrace.lib.plan

# Actions that write roles and assignments, in lower case.
giving := {
	"microsoft.authorization/*",
	"microsoft.authorization/*/write",
	"microsoft.authorization/roleassignments/*",
	"microsoft.authorization/roleassignments/write",
	"microsoft.authorization/roledefinitions/*",
	"microsoft.authorization/roledefinitions/write",
	"microsoft.authorization/elevateaccess/action",
}

deny contains plan.finding(r, ["permissions", i, "actions"], sprintf("allows %s", [action])) if {
	some r in plan.planned("azurerm_role_definition")
	some i, permission in plan.blocks(r, ["permissions"])
	some action in plan.or_else(object.get(permission, "actions", null), [])
	lower(action) in giving
}
