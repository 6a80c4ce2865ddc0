# METADATA
# title: Audit logs of SQL servers are kept for 90 days
# description: An attack is often found months later; 0 keeps the log without limit.
# custom:
#   severity: medium
#   fix: Set retention_in_days to at least 90, or leave it out to keep the log without limit.
#   controls:
#     cis-azure-3.0.0: ["5.1.6"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-6"]
#   id: azure-sql-auditing-retention
#   level: advisory
#   resources:
#     - azurerm_mssql_server_extended_auditing_policy
#     - azurerm_mssql_database_extended_auditing_policy
#     - azurerm_mssql_server
#     - azurerm_sql_server
#   subjects:
#     - SQL auditing retention
#     - auditing policy retention
#     - azurerm_mssql_server_extended_auditing_policy.retention_in_days
package terrace.azure.sql.auditing_retention

import data.terrace.lib.plan

path := ["retention_in_days"]

deny contains plan.finding(r, path, message) if {
	some r in plan.planned_any(["azurerm_mssql_server_extended_auditing_policy", "azurerm_mssql_database_extended_auditing_policy"])
	short(plan.value(r, path, 0))
}

deny contains plan.finding(r, ["extended_auditing_policy", i, "retention_in_days"], message) if {
	some r in plan.planned_any(["azurerm_mssql_server", "azurerm_sql_server"])
	some i, policy in plan.blocks(r, ["extended_auditing_policy"])
	short(object.get(policy, "retention_in_days", 0))
}

short(days) if {
	days != 0
	days < 90
}

message := "keeps its audit log for less than 90 days"
