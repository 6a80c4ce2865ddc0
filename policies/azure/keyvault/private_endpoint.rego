# METADATA
# title: Key vaults have a private endpoint
# description: Through a private endpoint keys and secrets never leave the network.
# custom:
#   severity: medium
#   fix: Add azurerm_private_endpoint whose private_connection_resource_id is the vault.
#   controls:
#     cis-azure-3.0.0: ["3.3.7"]
#     iso-27001-2022: ["A.8.22"]
#     mcsb: ["NS-2", "DP-8"]
#   id: azure-keyvault-private-endpoint
#   level: advisory
#   resources: [azurerm_key_vault]
#   subjects: [key vault private endpoint]
package terrace.azure.keyvault.private_endpoint

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no private endpoint") if {
	some r in plan.planned("azurerm_key_vault")
	count(plan.associated(r, "azurerm_private_endpoint", "private_service_connection")) == 0
}
