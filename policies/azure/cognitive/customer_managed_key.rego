# METADATA
# title: AI services are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add customer_managed_key with key_vault_key_id, or azurerm_cognitive_account_customer_managed_key.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-cognitive-customer-managed-key
#   level: advisory
#   resources: [azurerm_cognitive_account, azurerm_ai_services]
#   subjects:
#     - azurerm_cognitive_account.customer_managed_key_key_vault_key_id
#     - azurerm_ai_services.customer_managed_key_key_vault_key_id
#     - cognitive customer managed key
#     - cognitive CMK
package terrace.azure.cognitive.customer_managed_key

import data.terrace.lib.plan

types := [
	"azurerm_cognitive_account",
	"azurerm_ai_services",
]

deny contains plan.finding(r, ["customer_managed_key"], "is encrypted with a key of Azure") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["customer_managed_key", 0, "key_vault_key_id"])
	count(plan.associated(r, "azurerm_cognitive_account_customer_managed_key", "cognitive_account_id")) == 0
}
