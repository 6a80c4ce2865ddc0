# METADATA
# title: Data lakes are encrypted
# description: Data that is not encrypted is read by whoever gets it.
# custom:
#   severity: high
#   fix: "Set encryption_state to \"Enabled\", or use a storage account: Azure retired this service."
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-data-lake-encryption
#   level: soft-mandatory
#   resources: [azurerm_data_lake_store]
#   subjects:
#     - azurerm_data_lake_store.encryption_state
#     - data lake store encryption
package terrace.azure.data.lake_encryption

import data.terrace.lib.plan

path := ["encryption_state"]

deny contains plan.finding(r, path, "is not encrypted") if {
	some r in plan.planned("azurerm_data_lake_store")
	plan.certain(r, path, "Enabled") != "Enabled"
}
