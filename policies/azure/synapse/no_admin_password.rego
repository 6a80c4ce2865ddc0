# METADATA
# title: Synapse workspaces have no administrator with a password
# description: The password is in the state; accounts of Entra ID need none.
# custom:
#   severity: high
#   fix: Leave out sql_administrator_login_password, and set azuread_authentication_only to true.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-synapse-no-admin-password
#   level: soft-mandatory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - Synapse administrator password
#     - Synapse login password
#     - azurerm_synapse_workspace.sql_administrator_login_password
package terrace.azure.synapse.no_admin_password

import data.terrace.lib.plan

path := ["sql_administrator_login_password"]

deny contains plan.finding(r, path, "has an administrator with a password") if {
	some r in plan.planned("azurerm_synapse_workspace")
	plan.present(r, path)
}
