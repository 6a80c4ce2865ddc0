# METADATA
# title: Storage accounts are closed to public networks
# description: Whoever has a key or a token can use an account that is open to public networks from anywhere.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false, and reach the account through a private endpoint.
#   controls:
#     cis-azure-3.0.0: ["4.6"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-storage-public-network
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.public_network_access_enabled, storage public network, storage account disable public access]
package terrace.azure.storage.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_storage_account")
	plan.certain(r, path, true) != false
}
