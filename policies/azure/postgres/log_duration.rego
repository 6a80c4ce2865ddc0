# METADATA
# title: PostgreSQL logs how long statements take
# description: Slow statements are found by it.
# custom:
#   severity: low
#   fix: Set the parameter log_duration to "on".
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-postgres-log-duration
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre log duration
package terrace.azure.postgres.log_duration

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"log_duration"}

deny contains plan.finding(r, ["value"], "does not log how long statements take") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
