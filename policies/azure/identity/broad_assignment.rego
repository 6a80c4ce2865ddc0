# METADATA
# title: Nobody owns a subscription without an end
# description: >-
#   Owner, User Access Administrator and Contributor over a subscription or management group are one stolen token
#   away from everything.
# custom:
#   severity: high
#   fix: Assign a narrower role, or one over a resource group, or use azurerm_pim_eligible_role_assignment.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-1", "PA-7"]
#   id: azure-identity-broad-assignment
#   level: soft-mandatory
#   resources: [azurerm_role_assignment, azurerm_pim_active_role_assignment]
#   subjects:
#     - role assignment owner
#     - role assignment scope
#     - role assignment subscription
#     - azurerm_role_assignment.role_definition_name
#     - azurerm_role_assignment.scope
package terrace.azure.identity.broad_assignment

import data.terrace.lib.plan

types := ["azurerm_role_assignment", "azurerm_pim_active_role_assignment"]

names := {"Owner", "User Access Administrator", "Contributor", "Role Based Access Control Administrator"}

# Owner, User Access Administrator, Contributor and Role Based Access Control Administrator.
ids := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168",
}

deny contains plan.finding(r, ["scope"], "gives much over a subscription or more") if {
	some r in plan.planned_any(types)
	wide(plan.value(r, ["scope"], ""))
	much(r)
	not plan.present(r, ["condition"])
}

wide(scope) if regex.match(`^/subscriptions/[^/]+/?$`, scope)

wide(scope) if startswith(lower(scope), "/providers/microsoft.management/managementgroups/")

wide("/")

much(r) if plan.value(r, ["role_definition_name"], "") in names

much(r) if regex.replace(plan.value(r, ["role_definition_id"], ""), `^.*/`, "") in ids
