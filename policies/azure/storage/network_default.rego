# METADATA
# title: Storage accounts deny networks that no rule names
# description: Without a rule, or with the default action Allow, every network reaches the account.
# custom:
#   severity: high
#   fix: Set default_action to "Deny" in network_rules, and name the networks that may come.
#   controls:
#     cis-azure-3.0.0: ["4.7"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-storage-network-default
#   level: soft-mandatory
#   resources: [azurerm_storage_account, azurerm_storage_account_network_rules]
#   subjects:
#     - azurerm_storage_account.network_rules.default_action
#     - azurerm_storage_account_network_rules.default_action
#     - storage default network access
#     - storage network rule deny
#     - azurerm_storage_account.default_action
package terrace.azure.storage.network_default

import data.terrace.lib.plan

deny contains plan.finding(r, path, "lets in every network that no rule names") if {
	some r in plan.planned("azurerm_storage_account")
	not closed(r)
	path := ["network_rules", 0, "default_action"]
	plan.certain(r, path, "Allow") != "Deny"
}

deny contains plan.finding(r, path, "lets in every network that no rule names") if {
	some r in plan.planned("azurerm_storage_account_network_rules")
	path := ["default_action"]
	plan.certain(r, path, "Allow") != "Deny"
}

# closed accounts have no public network, or rules of their own beside them.
closed(r) if plan.value(r, ["public_network_access_enabled"], true) == false

closed(r) if count(plan.associated(r, "azurerm_storage_account_network_rules", "storage_account_id")) > 0
