# METADATA
# title: Keys are rotated by the vault
# description: A key that the vault rotates by itself is changed in time, whoever has forgotten it.
# custom:
#   severity: low
#   fix: Add rotation_policy with automatic and time_before_expiry or time_after_creation.
#   controls:
#     cis-azure-3.0.0: ["3.3.8"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-6"]
#   id: azure-keyvault-key-rotation
#   level: advisory
#   resources: [azurerm_key_vault_key]
#   subjects: [azurerm_key_vault_key.rotation_policy, key vault key rotation, key auto rotation]
package terrace.azure.keyvault.key_rotation

import data.terrace.lib.plan

path := ["rotation_policy", 0, "automatic"]

deny contains plan.finding(r, path, "is rotated by nobody") if {
	some r in plan.planned("azurerm_key_vault_key")
	not plan.present(r, path)
}
