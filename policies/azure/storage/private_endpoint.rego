# METADATA
# title: Storage accounts have a private endpoint
# description: Through a private endpoint the data never leaves the network.
# custom:
#   severity: low
#   fix: Add azurerm_private_endpoint whose private_connection_resource_id is the account.
#   controls:
#     cis-azure-3.0.0: ["4.9"]
#     iso-27001-2022: ["A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-storage-private-endpoint
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [storage private endpoint]
package terrace.azure.storage.private_endpoint

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no private endpoint") if {
	some r in plan.planned("azurerm_storage_account")
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
