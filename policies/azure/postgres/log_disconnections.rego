# METADATA
# title: PostgreSQL logs the ends of connections
# description: How long somebody was connected is known afterwards only from the log.
# custom:
#   severity: low
#   fix: Set the parameter log_disconnections to "on".
#   controls:
#     cis-azure-3.0.0: ["5.2.7"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-postgres-log-disconnections
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre log disconnections
package terrace.azure.postgres.log_disconnections

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"log_disconnections"}

deny contains plan.finding(r, ["value"], "does not log the ends of connections") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
