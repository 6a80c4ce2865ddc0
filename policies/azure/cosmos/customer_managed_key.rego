# METADATA
# title: Cosmos DB accounts are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Set key_vault_key_id to the versionless id of a key.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-cosmos-customer-managed-key
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.key_vault_key_id
#     - Cosmos CMK
#     - Cosmos customer managed key
package terrace.azure.cosmos.customer_managed_key

import data.terrace.lib.plan

path := ["key_vault_key_id"]

deny contains plan.finding(r, path, "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	not plan.present(r, path)
}
