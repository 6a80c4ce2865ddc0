# METADATA
# title: MySQL servers run a version that is maintained
# description: Versions at the end of their life get no fixes.
# custom:
#   severity: medium
#   fix: Set version to "8.4".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-mysql-version
#   level: advisory
#   resources: [azurerm_mysql_flexible_server, azurerm_mysql_server]
#   subjects:
#     - MySQL version
#     - azurerm_mysql_flexible_server.version
package terrace.azure.mysql.version

import data.terrace.lib.plan

types := ["azurerm_mysql_flexible_server", "azurerm_mysql_server"]

path := ["version"]

old := {"5.6", "5.7"}

deny contains plan.finding(r, path, "runs a version without fixes") if {
	some r in plan.planned_any(types)
	plan.value(r, path, "") in old
}
