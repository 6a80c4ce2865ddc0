# METADATA
# title: Storage accounts with a private endpoint are closed to public networks
# description: An account that is reached through a private endpoint needs no second way in through the Internet.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false.
#   controls:
#     cis-azure-3.0.0: ["4.6"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-storage-public-access
#   level: soft-mandatory
#   resources: [azurerm_storage_account]
#   subjects: [storage public network access with private endpoint, storage public network access with PE]
package terrace.azure.storage.public_access

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "has a private endpoint and is open to public networks, too") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, path, true) == true
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) > 0
}
