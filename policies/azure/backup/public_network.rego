# METADATA
# title: Recovery vaults are closed to public networks
# description: Backups hold everything; they are reached from the network alone.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-backup-public-network
#   level: advisory
#   resources: [azurerm_recovery_services_vault]
#   subjects:
#     - azurerm_recovery_services_vault.public_network_access_enabled
#     - recovery vault public
package terrace.azure.backup.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	plan.certain(r, path, true) != false
}
