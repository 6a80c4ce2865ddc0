# METADATA
# title: Synapse workspaces take accounts of Entra ID alone
# description: Passwords of SQL logins are shared, and nobody revokes them.
# custom:
#   severity: medium
#   fix: Set azuread_authentication_only to true.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-synapse-entra-only
#   level: advisory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - azurerm_synapse_workspace.azuread_authentication_only
#     - Synapse azuread only
#     - Synapse authentication only
package terrace.azure.synapse.entra_only

import data.terrace.lib.plan

path := ["azuread_authentication_only"]

deny contains plan.finding(r, path, "takes passwords of SQL logins") if {
	some r in plan.planned("azurerm_synapse_workspace")
	plan.certain(r, path, false) != true
}
