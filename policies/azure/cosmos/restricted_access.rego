# METADATA
# title: Cosmos DB accounts are open to named networks alone
# description: Open to all networks, an account is as safe as its keys.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, or ip_range_filter or virtual_network_rule with is_virtual_network_filter_enabled = true.
#   controls:
#     cis-azure-3.0.0: ["5.4.1"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cosmos-restricted-access
#   level: soft-mandatory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - Cosmos restricted access
#     - Cosmos firewall
#     - Cosmos network filter
#     - azurerm_cosmosdb_account.is_virtual_network_filter_enabled
#     - azurerm_cosmosdb_account.ip_range_filter
package terrace.azure.cosmos.restricted_access

import data.terrace.lib.plan

deny contains plan.finding(r, ["public_network_access_enabled"], "is open to all networks") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.certain(r, ["public_network_access_enabled"], true) != false
	not filtered(r)
}

filtered(r) if plan.present(r, ["ip_range_filter"])

filtered(r) if {
	plan.value(r, ["is_virtual_network_filter_enabled"], false) == true
	plan.present(r, ["virtual_network_rule"])
}
