# METADATA
# title: Keys are long enough
# description: An RSA key of less than 2048 bits can be broken.
# custom:
#   severity: high
#   fix: Set key_size to 2048 or more; 3072 or more holds longer.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-6"]
#   id: azure-keyvault-key-size
#   level: soft-mandatory
#   resources: [azurerm_key_vault_key]
#   subjects: [azurerm_key_vault_key.key_size, key vault key size, key size]
package terrace.azure.keyvault.key_size

import data.terrace.lib.plan

path := ["key_size"]

deny contains plan.finding(r, path, "is too short") if {
	some r in plan.planned("azurerm_key_vault_key")
	startswith(plan.value(r, ["key_type"], "RSA"), "RSA")
	plan.certain(r, path, 2048) < 2048
}
