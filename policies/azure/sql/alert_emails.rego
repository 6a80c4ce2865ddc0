# METADATA
# title: Security alerts of SQL reach somebody
# description: An alert without an address is read by nobody.
# custom:
#   severity: medium
#   fix: Set email_addresses to those who act on alerts.
#   controls:
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-sql-alert-emails
#   level: advisory
#   resources: [azurerm_mssql_server_security_alert_policy, azurerm_mssql_managed_instance_security_alert_policy]
#   subjects:
#     - azurerm_mssql_server_security_alert_policy.email_addresses
#     - azurerm_mssql_managed_instance_security_alert_policy.email_addresses
#     - SQL email alerts
#     - SQL alert email addresses
#     - SQL send alerts
package terrace.azure.sql.alert_emails

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_security_alert_policy",
	"azurerm_mssql_managed_instance_security_alert_policy",
]

path := ["email_addresses"]

deny contains plan.finding(r, path, "sends its alerts to nobody") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
