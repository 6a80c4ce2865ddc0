# METADATA
# title: Security alert policies of SQL are on
# description: The policy is what finds injections and strange logins.
# custom:
#   severity: high
#   fix: Set state to "Enabled"; enabled to true for managed instances.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-sql-security-alerts
#   level: soft-mandatory
#   resources: [azurerm_mssql_server_security_alert_policy]
#   subjects:
#     - azurerm_mssql_server_security_alert_policy.state
#     - SQL server security alert policy
#     - SQL server has security alert policy
#     - SQL security policy
#     - SQL advanced data security
#     - VA enabled storage
package terrace.azure.sql.security_alerts

import data.terrace.lib.plan

path := ["state"]

deny contains plan.finding(r, path, "is not on") if {
	some r in plan.planned("azurerm_mssql_server_security_alert_policy")
	plan.certain(r, path, "") != "Enabled"
}
