# METADATA
# title: Batch accounts deny networks that no rule names
# description: Whoever has a key or a token runs jobs from anywhere otherwise.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, or default_action of account_access in network_profile to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-batch-network-default
#   level: soft-mandatory
#   resources: [azurerm_batch_account]
#   subjects:
#     - azurerm_batch_account.network_profile.account_access.default_action
#     - batch account endpoint access default action
#     - batch account network
#     - azurerm_batch_account.default_action
package terrace.azure.batch.network_default

import data.terrace.lib.plan

path := ["network_profile", 0, "account_access", 0, "default_action"]

deny contains plan.finding(r, path, "lets in every network that no rule names") if {
	some r in plan.planned("azurerm_batch_account")
	plan.certain(r, ["public_network_access_enabled"], true) != false
	lower(plan.certain(r, path, "Deny")) != "deny"
}
