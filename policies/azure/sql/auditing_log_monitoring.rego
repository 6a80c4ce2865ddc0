# METADATA
# title: Audit logs of SQL servers go to Azure Monitor
# description: In one place with the others, the log is searched and watched.
# custom:
#   severity: medium
#   fix: Set log_monitoring_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-sql-auditing-log-monitoring
#   level: advisory
#   resources: [azurerm_mssql_server_extended_auditing_policy, azurerm_mssql_database_extended_auditing_policy]
#   subjects:
#     - azurerm_mssql_server_extended_auditing_policy.log_monitoring_enabled
#     - azurerm_mssql_database_extended_auditing_policy.log_monitoring_enabled
#     - SQL audit log monitor
#     - SQL audit policy monitor
package terrace.azure.sql.auditing_log_monitoring

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_extended_auditing_policy",
	"azurerm_mssql_database_extended_auditing_policy",
]

path := ["log_monitoring_enabled"]

deny contains plan.finding(r, path, "does not send its audit log to Azure Monitor") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != true
}
