# METADATA
# title: Machine Learning workspaces reach approved hosts alone
# description: Otherwise a job can send its data anywhere.
# custom:
#   severity: medium
#   fix: Set isolation_mode in managed_network to "AllowOnlyApprovedOutbound".
#   controls:
#     iso-27001-2022: ["A.8.12"]
#     mcsb: ["DP-2", "NS-2"]
#   id: azure-machinelearning-isolation
#   level: advisory
#   resources: [azurerm_machine_learning_workspace, azurerm_ai_foundry]
#   subjects:
#     - azurerm_machine_learning_workspace.managed_network_isolation_mode
#     - azurerm_ai_foundry.managed_network_isolation_mode
#     - ML managed network
#     - machine learning isolation
#     - machine learning managed network
package terrace.azure.machinelearning.isolation

import data.terrace.lib.plan

types := [
	"azurerm_machine_learning_workspace",
	"azurerm_ai_foundry",
]

path := ["managed_network", 0, "isolation_mode"]

deny contains plan.finding(r, path, "reaches any host") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, "Disabled") != "AllowOnlyApprovedOutbound"
}
