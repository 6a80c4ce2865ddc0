# METADATA
# title: Batch accounts keep their keys in a vault
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: medium
#   fix: Add key_vault_reference, or encryption with key_vault_key_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-batch-key-vault
#   level: advisory
#   resources: [azurerm_batch_account]
#   subjects: [azurerm_batch_account.key_vault_reference, batch account uses key vault encryption, batch account encryption]
package terrace.azure.batch.key_vault

import data.terrace.lib.plan

path := ["key_vault_reference", 0, "id"]

deny contains plan.finding(r, path, "is encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_batch_account")
	not plan.present(r, path)
	not plan.present(r, ["encryption", 0, "key_vault_key_id"])
}
