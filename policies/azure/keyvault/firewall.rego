# METADATA
# title: Key vaults deny networks that no rule names
# description: Without rules for networks, everybody with a stolen token uses the vault from anywhere.
# custom:
#   severity: high
#   fix: Add network_acls with default_action = "Deny", or set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2", "DP-8"]
#   id: azure-keyvault-firewall
#   level: soft-mandatory
#   resources: [azurerm_key_vault]
#   subjects: [azurerm_key_vault.network_acls.default_action, key vault firewall, key vault network acl, azurerm_key_vault.default_action]
package terrace.azure.keyvault.firewall

import data.terrace.lib.plan

path := ["network_acls", 0, "default_action"]

deny contains plan.finding(r, path, "lets in every network") if {
	some r in plan.planned("azurerm_key_vault")
	plan.certain(r, ["public_network_access_enabled"], true) != false
	plan.certain(r, path, "Allow") != "Deny"
}
