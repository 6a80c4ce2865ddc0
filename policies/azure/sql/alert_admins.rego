# METADATA
# title: Security alerts of SQL reach the administrators
# description: Owners of the subscription can act at once.
# custom:
#   severity: medium
#   fix: Set email_account_admins_enabled to true.
#   controls:
#     iso-27001-2022: ["A.5.24", "A.8.16"]
#     mcsb: ["IR-2"]
#   id: azure-sql-alert-admins
#   level: advisory
#   resources: [azurerm_mssql_server_security_alert_policy, azurerm_mssql_managed_instance_security_alert_policy]
#   subjects:
#     - azurerm_mssql_server_security_alert_policy.email_account_admins_enabled
#     - azurerm_mssql_managed_instance_security_alert_policy.email_account_admins_enabled
#     - azurerm_mssql_server_security_alert_policy.email_account_admins
#     - azurerm_mssql_managed_instance_security_alert_policy.email_account_admins
#     - SQL email alerts admins
#     - SQL alerts to admins
#     - SQL email account admins
package terrace.azure.sql.alert_admins

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_security_alert_policy",
	"azurerm_mssql_managed_instance_security_alert_policy",
]

# The name of now, and those of older versions of the provider.
paths := [["email_account_admins_enabled"], ["email_account_admins"]]

deny contains plan.finding(r, path, "does not tell the administrators") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	plan.certain(r, path, false) != true
}
