# METADATA
# title: SQL servers keep an audit log
# description: Who read or changed what is known afterwards only from the audit log.
# custom:
#   severity: medium
#   fix: Add azurerm_mssql_server_extended_auditing_policy with server_id and enabled = true.
#   controls:
#     cis-azure-3.0.0: ["5.1.1"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-sql-auditing
#   level: advisory
#   resources: [azurerm_mssql_server, azurerm_sql_server, azurerm_mssql_server_extended_auditing_policy]
#   subjects:
#     - SQL server auditing
#     - SQL auditing enabled
#     - SQL auditing retention
#     - SQL server extended auditing
package terrace.azure.sql.auditing

import data.terrace.lib.plan

deny contains plan.finding(r, [], "keeps no audit log") if {
	some r in plan.planned_any(["azurerm_mssql_server", "azurerm_sql_server"])
	not plan.present(r, ["extended_auditing_policy"])
	count(plan.associated(r, "azurerm_mssql_server_extended_auditing_policy", "server_id")) == 0
}

deny contains plan.finding(r, ["enabled"], "is switched off") if {
	some r in plan.planned("azurerm_mssql_server_extended_auditing_policy")
	plan.value(r, ["enabled"], true) == false
}
