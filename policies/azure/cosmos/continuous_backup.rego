# METADATA
# title: Cosmos DB can be restored to any moment
# description: Periodic backups lose hours, and are restored by a ticket.
# custom:
#   severity: medium
#   fix: Add backup with type = "Continuous".
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-cosmos-continuous-backup
#   level: advisory
#   resources: [azurerm_cosmosdb_account]
#   subjects:
#     - azurerm_cosmosdb_account.backup_type
#     - Cosmos continuous backup
#     - Cosmos backup
#     - azurerm_cosmosdb_account.backup
package terrace.azure.cosmos.continuous_backup

import data.terrace.lib.plan

path := ["backup", 0, "type"]

deny contains plan.finding(r, path, "has no continuous backup") if {
	some r in plan.planned("azurerm_cosmosdb_account")
	plan.certain(r, path, "Periodic") != "Continuous"
}
