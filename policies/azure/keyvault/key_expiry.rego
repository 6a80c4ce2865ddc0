# METADATA
# title: Keys expire
# description: A key without an end is never changed; who has copied it can use it for ever.
# custom:
#   severity: medium
#   fix: Set expiration_date, or rotation_policy with expire_after.
#   controls:
#     cis-azure-3.0.0: ["3.3.1", "3.3.2"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-6"]
#   id: azure-keyvault-key-expiry
#   level: soft-mandatory
#   resources: [azurerm_key_vault_key]
#   subjects: [azurerm_key_vault_key.expiration_date, key expiration date, key vault key expir]
package terrace.azure.keyvault.key_expiry

import data.terrace.lib.plan

path := ["expiration_date"]

deny contains plan.finding(r, path, "never expires") if {
	some r in plan.planned("azurerm_key_vault_key")
	not plan.present(r, path)
	not plan.present(r, ["rotation_policy", 0, "expire_after"])
}
