# METADATA
# title: SQL servers have a security alert policy
# description: Without it nobody is told of injections and strange logins.
# custom:
#   severity: medium
#   fix: Add azurerm_mssql_server_security_alert_policy with state = "Enabled".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-sql-threat-detection
#   level: advisory
#   resources: [azurerm_mssql_server, azurerm_sql_server]
#   subjects:
#     - SQL server threat detection
#     - SQL server has security alert policy
#     - VA enabled storage
#     - SQL advanced threat
package terrace.azure.sql.threat_detection

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server",
	"azurerm_sql_server",
]

deny contains plan.finding(r, [], "has no security alert policy") if {
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_mssql_server_security_alert_policy", "server_name")) == 0
}
