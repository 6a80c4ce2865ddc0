# METADATA
# title: Key vaults keep what is deleted
# description: A key that is deleted by mistake is gone with all that it encrypts, unless the vault keeps it for a while.
# custom:
#   severity: high
#   fix: Leave soft_delete_enabled out, and set soft_delete_retention_days to 90.
#   controls:
#     cis-azure-3.0.0: ["3.3.5"]
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["DP-8"]
#   id: azure-keyvault-soft-delete
#   level: soft-mandatory
#   resources: [azurerm_key_vault]
#   subjects: [azurerm_key_vault.soft_delete_enabled, azurerm_key_vault.soft_delete_retention_days, key vault soft delete]
package terrace.azure.keyvault.soft_delete

import data.terrace.lib.plan

deny contains plan.finding(r, ["soft_delete_enabled"], "loses keys and secrets that are deleted") if {
	some r in plan.planned("azurerm_key_vault")
	plan.certain(r, ["soft_delete_enabled"], true) != true
}

deny contains plan.finding(r, ["soft_delete_retention_days"], "keeps what is deleted for less than seven days") if {
	some r in plan.planned("azurerm_key_vault")
	plan.value(r, ["soft_delete_retention_days"], 90) < 7
}
