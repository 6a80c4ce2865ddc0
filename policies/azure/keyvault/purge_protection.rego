# METADATA
# title: Key vaults are protected from purging
# description: Without it, whoever deletes a vault can destroy its keys at once, and all that they encrypt.
# custom:
#   severity: high
#   fix: Set purge_protection_enabled to true; what is deleted can then be recovered.
#   controls:
#     cis-azure-3.0.0: ["3.3.5"]
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["DP-8"]
#   id: azure-keyvault-purge-protection
#   level: hard-mandatory
#   resources: [azurerm_key_vault]
#   subjects: [azurerm_key_vault.purge_protection_enabled, key vault purge protection, keyvault recovery, key vault recoverable]
package terrace.azure.keyvault.purge_protection

import data.terrace.lib.plan

path := ["purge_protection_enabled"]

deny contains plan.finding(r, path, "can be purged while it is soft-deleted") if {
	some r in plan.planned("azurerm_key_vault")
	plan.certain(r, path, false) != true
}
