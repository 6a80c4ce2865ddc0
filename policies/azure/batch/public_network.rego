# METADATA
# title: Batch accounts are closed to public networks
# description: Jobs are started from the network alone.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-batch-public-network
#   level: advisory
#   resources: [azurerm_batch_account]
#   subjects: [azurerm_batch_account.public_network_access_enabled, batch account public network access]
package terrace.azure.batch.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_batch_account")
	plan.certain(r, path, true) != false
}
