# METADATA
# title: PostgreSQL logs connections
# description: Who connected is known afterwards only from the log.
# custom:
#   severity: medium
#   fix: Set the parameter log_connections to "on".
#   controls:
#     cis-azure-3.0.0: ["5.2.6"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-postgres-log-connections
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre log connections
package terrace.azure.postgres.log_connections

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"log_connections"}

deny contains plan.finding(r, ["value"], "does not log connections") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
