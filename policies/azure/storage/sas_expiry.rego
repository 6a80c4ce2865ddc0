# METADATA
# title: Storage accounts limit how long signatures hold
# description: A shared access signature that holds for years is a password that nobody can take back.
# custom:
#   severity: low
#   fix: Add sas_policy with expiration_period, such as "01.00:00:00", or set shared_access_key_enabled to false.
#   controls:
#     cis-azure-3.0.0: ["4.5"]
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-storage-sas-expiry
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.sas_policy, storage SAS expir]
package terrace.azure.storage.sas_expiry

import data.terrace.lib.plan

path := ["sas_policy", 0, "expiration_period"]

deny contains plan.finding(r, path, "lets signatures hold for ever") if {
	some r in plan.planned("azurerm_storage_account")
	not plan.present(r, path)
	plan.certain(r, ["shared_access_key_enabled"], true) != false
}
