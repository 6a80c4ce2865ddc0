# METADATA
# title: Machine Learning workspaces are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add encryption with key_vault_id and key_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-machinelearning-customer-managed-key
#   level: advisory
#   resources: [azurerm_machine_learning_workspace, azurerm_ai_foundry]
#   subjects:
#     - azurerm_machine_learning_workspace.encryption_key_id
#     - azurerm_ai_foundry.encryption_key_id
#     - machine learning customer managed key
#     - machine learning CMK
#     - ML CMK
package terrace.azure.machinelearning.customer_managed_key

import data.terrace.lib.plan

types := [
	"azurerm_machine_learning_workspace",
	"azurerm_ai_foundry",
]

path := ["encryption", 0, "key_id"]

deny contains plan.finding(r, path, "is encrypted with a key of Azure") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
