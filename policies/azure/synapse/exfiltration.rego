# METADATA
# title: Data does not leave Synapse workspaces
# description: With the protection, jobs reach approved tenants alone.
# custom:
#   severity: medium
#   fix: Set data_exfiltration_protection_enabled to true when the workspace is made.
#   controls:
#     iso-27001-2022: ["A.8.12"]
#     mcsb: ["DP-2"]
#   id: azure-synapse-exfiltration
#   level: advisory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - azurerm_synapse_workspace.data_exfiltration_protection_enabled
#     - Synapse exfil
package terrace.azure.synapse.exfiltration

import data.terrace.lib.plan

path := ["data_exfiltration_protection_enabled"]

deny contains plan.finding(r, path, "lets data leave") if {
	some r in plan.planned("azurerm_synapse_workspace")
	plan.certain(r, path, false) != true
}
