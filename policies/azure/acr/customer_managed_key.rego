# METADATA
# title: Container registries are encrypted with a key of their owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: low
#   fix: Add encryption with key_vault_key_id and identity_client_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-acr-customer-managed-key
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects:
#     - azurerm_container_registry.encryption
#     - ACR customer managed key
#     - ACR encrypted CMK
#     - container registry customer managed key
#     - container registry encrypted CMK
package terrace.azure.acr.customer_managed_key

import data.terrace.lib.plan

path := ["encryption", 0, "key_vault_key_id"]

deny contains plan.finding(r, path, "is encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_container_registry")
	not plan.present(r, path)
}
