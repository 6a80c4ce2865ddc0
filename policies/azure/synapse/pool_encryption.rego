# METADATA
# title: SQL pools of Synapse are encrypted
# description: Files and backups of a pool that is not encrypted are read by whoever gets them.
# custom:
#   severity: high
#   fix: Set data_encrypted to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-synapse-pool-encryption
#   level: soft-mandatory
#   resources: [azurerm_synapse_sql_pool]
#   subjects:
#     - azurerm_synapse_sql_pool.data_encrypted
#     - Synapse SQL pool encryption
#     - Synapse SQL pool data encrypt
package terrace.azure.synapse.pool_encryption

import data.terrace.lib.plan

path := ["data_encrypted"]

deny contains plan.finding(r, path, "is not encrypted") if {
	some r in plan.planned("azurerm_synapse_sql_pool")
	plan.certain(r, path, false) != true
}
