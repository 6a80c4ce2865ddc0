# METADATA
# title: Roles of an organisation do not allow everything
# description: A role with * is an owner under another name, and no review finds it.
# custom:
#   severity: high
#   fix: Name the actions that are needed.
#   controls:
#     cis-azure-3.0.0: ["2.23"]
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-identity-no-custom-owner
#   level: soft-mandatory
#   resources: [azurerm_role_definition]
#   subjects:
#     - role definition owner
#     - custom role subscription owner
#     - role definition subscription
#     - definition owner
#     - azurerm_role_definition.actions
#     - azurerm_role_definition.permissions
package terrace.azure.identity.no_custom_owner

import data.terrace.lib.plan

deny contains plan.finding(r, ["permissions", i, "actions"], "allows everything") if {
	some r in plan.planned("azurerm_role_definition")
	some i, permission in plan.blocks(r, ["permissions"])
	"*" in plan.or_else(object.get(permission, "actions", null), [])
}
