# METADATA
# title: MySQL servers can be restored for a week
# description: A mistake is seen some days later.
# custom:
#   severity: medium
#   fix: Set backup_retention_days to at least 7.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["BR-1"]
#   id: azure-mysql-backup-retention
#   level: advisory
#   resources: [azurerm_mysql_flexible_server, azurerm_mysql_server]
#   subjects:
#     - MySQL backup retention
#     - azurerm_mysql_flexible_server.backup_retention_days
package terrace.azure.mysql.backup_retention

import data.terrace.lib.plan

types := ["azurerm_mysql_flexible_server", "azurerm_mysql_server"]

path := ["backup_retention_days"]

deny contains plan.finding(r, path, "can be restored for less than a week") if {
	some r in plan.planned_any(types)
	plan.value(r, path, 7) < 7
}
