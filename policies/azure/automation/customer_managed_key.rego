# METADATA
# title: Automation accounts are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add encryption with key_vault_key_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-automation-customer-managed-key
#   level: advisory
#   resources: [azurerm_automation_account]
#   subjects:
#     - azurerm_automation_account.encryption_key_vault_key_id
#     - automation customer managed key
#     - automation CMK
package terrace.azure.automation.customer_managed_key

import data.terrace.lib.plan

path := ["encryption", 0, "key_vault_key_id"]

deny contains plan.finding(r, path, "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_automation_account")
	not plan.present(r, path)
}
