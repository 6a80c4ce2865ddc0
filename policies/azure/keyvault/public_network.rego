# METADATA
# title: Key vaults are closed to public networks
# description: Keys and secrets are used from the network alone, or from the few addresses that are named.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, or name the networks that may come in network_acls.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2", "DP-8"]
#   id: azure-keyvault-public-network
#   level: soft-mandatory
#   resources: [azurerm_key_vault]
#   subjects: [azurerm_key_vault.public_network_access_enabled, key vault disables public network, key vault public access]
package terrace.azure.keyvault.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to all public networks") if {
	some r in plan.planned("azurerm_key_vault")
	plan.certain(r, path, true) != false
	not names_networks(r)
}

names_networks(r) if {
	plan.value(r, ["network_acls", 0, "default_action"], "Deny") == "Deny"
	some attribute in ["ip_rules", "virtual_network_subnet_ids"]
	plan.present(r, ["network_acls", 0, attribute])
}
