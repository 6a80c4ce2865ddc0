# METADATA
# title: PostgreSQL servers run a version that is maintained
# description: Versions at the end of their life get no fixes.
# custom:
#   severity: medium
#   fix: Set version to "17" or newer.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-postgres-version
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server, azurerm_postgresql_server]
#   subjects:
#     - Postgre version
#     - azurerm_postgresql_flexible_server.version
package terrace.azure.postgres.version

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server", "azurerm_postgresql_server"]

path := ["version"]

old := {"9.5", "9.6", "10", "10.0", "11", "12"}

deny contains plan.finding(r, path, "runs a version without fixes") if {
	some r in plan.planned_any(types)
	plan.value(r, path, "") in old
}
