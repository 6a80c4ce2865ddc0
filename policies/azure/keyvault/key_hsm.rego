# METADATA
# title: Keys are kept in hardware
# description: A key in a hardware security module cannot be read, not even by who runs the vault.
# custom:
#   severity: low
#   fix: Set key_type to "RSA-HSM" or "EC-HSM", in an azurerm_key_vault with sku_name = "premium".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-6"]
#   id: azure-keyvault-key-hsm
#   level: advisory
#   resources: [azurerm_key_vault_key]
#   subjects: [azurerm_key_vault_key.key_type, key backed HSM, key vault key HSM]
package terrace.azure.keyvault.key_hsm

import data.terrace.lib.plan

path := ["key_type"]

deny contains plan.finding(r, path, "is kept in software") if {
	some r in plan.planned("azurerm_key_vault_key")
	not plan.certain(r, path, "") in {"RSA-HSM", "EC-HSM"}
}
