# METADATA
# title: PostgreSQL slows down who tries passwords
# description: Throttling makes it slow to try passwords.
# custom:
#   severity: medium
#   fix: Set the parameter connection_throttle.enable to "on".
#   controls:
#     cis-azure-3.0.0: ["5.2.3"]
#     iso-27001-2022: ["A.8.5"]
#   id: azure-postgres-connection-throttling
#   level: advisory
#   resources: [azurerm_postgresql_flexible_server_configuration, azurerm_postgresql_configuration]
#   subjects:
#     - Postgre throttl
package terrace.azure.postgres.connection_throttling

import data.terrace.lib.plan

types := ["azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration"]

parameters := {"connection_throttling", "connection_throttle.enable"}

deny contains plan.finding(r, ["value"], "does not slow down who tries passwords") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
