# METADATA
# title: Datastores are read with identities
# description: A key or SAS of the account is a secret that is never renewed.
# custom:
#   severity: low
#   fix: Leave out account_key and shared_access_signature, and set service_data_auth_identity.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-machinelearning-datastore-identity
#   level: advisory
#   resources: [azurerm_machine_learning_datastore_blobstorage, azurerm_machine_learning_datastore_fileshare]
#   subjects:
#     - machine learning datastore
#     - azurerm_machine_learning_datastore_blobstorage.account_key
package terrace.azure.machinelearning.datastore_identity

import data.terrace.lib.plan

types := ["azurerm_machine_learning_datastore_blobstorage", "azurerm_machine_learning_datastore_fileshare"]

deny contains plan.finding(r, [name], "is read with a key") if {
	some r in plan.planned_any(types)
	some name in ["account_key", "shared_access_signature"]
	plan.present(r, [name])
}
