# METADATA
# title: Storage accounts that deny networks let trusted Azure services in
# description: Backup, monitoring and the like of Azure itself come from networks that no rule can name.
# custom:
#   severity: low
#   fix: Add "AzureServices" to bypass in network_rules.
#   controls:
#     cis-azure-3.0.0: ["4.8"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-storage-trusted-services
#   level: advisory
#   resources: [azurerm_storage_account, azurerm_storage_account_network_rules]
#   subjects:
#     - azurerm_storage_account.network_rules.bypass
#     - azurerm_storage_account_network_rules.bypass
#     - storage azure services access
#     - storage trusted services
#     - storage network rules bypass
package terrace.azure.storage.trusted_services

import data.terrace.lib.plan

deny contains plan.finding(r, array.concat(prefix, ["bypass"]), "locks trusted Azure services out") if {
	some [r, prefix] in ruled
	plan.value(r, array.concat(prefix, ["default_action"]), "Allow") == "Deny"
	not "AzureServices" in plan.value(r, array.concat(prefix, ["bypass"]), [])
	object.get(r.unknown, array.concat(prefix, ["bypass"]), false) != true # Azure takes AzureServices
}

# ruled are resources with rules for networks, and where in them these are.
ruled := array.concat(
	[[r, ["network_rules", 0]] | some r in plan.planned("azurerm_storage_account")],
	[[r, []] | some r in plan.planned("azurerm_storage_account_network_rules")],
)
