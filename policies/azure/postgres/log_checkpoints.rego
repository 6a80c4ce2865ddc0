# METADATA
# title: PostgreSQL logs its checkpoints
# description: Checkpoints explain slow moments and recoveries.
# custom:
#   severity: low
#   fix: Set the parameter log_checkpoints to "on".
#   controls:
#     cis-azure-3.0.0: ["5.2.2"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-postgres-log-checkpoints
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre log checkpoints
package terrace.azure.postgres.log_checkpoints

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"log_checkpoints"}

deny contains plan.finding(r, ["value"], "does not log checkpoints") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
