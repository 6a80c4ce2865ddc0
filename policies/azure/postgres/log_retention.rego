# METADATA
# title: PostgreSQL keeps its logs for some days
# description: A log that is gone tomorrow explains nothing.
# custom:
#   severity: low
#   fix: Set the parameter logfiles.retention_days to at least 4.
#   controls:
#     cis-azure-3.0.0: ["5.2.4"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-6"]
#   id: azure-postgres-log-retention
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre log retention
package terrace.azure.postgres.log_retention

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"log_retention", "log_retention_days", "logfiles.retention_days"}

deny contains plan.finding(r, ["value"], "keeps its logs for too short a time") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	short(plan.value(r, ["value"], "7"))
}

short(days) if lower(days) == "off"

short(days) if {
	regex.match(`^[0-9]+$`, days)
	to_number(days) < 4
}
