# METADATA
# title: Security alert policies of SQL leave out nothing
# description: What is disabled is never told.
# custom:
#   severity: medium
#   fix: Leave out disabled_alerts.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-sql-alert-types
#   level: advisory
#   resources: [azurerm_mssql_server_security_alert_policy, azurerm_mssql_managed_instance_security_alert_policy]
#   subjects:
#     - SQL threat detection types
#     - SQL disabled alerts
#     - azurerm_mssql_server_security_alert_policy.disabled_alerts
package terrace.azure.sql.alert_types

import data.terrace.lib.plan

types := ["azurerm_mssql_server_security_alert_policy", "azurerm_mssql_managed_instance_security_alert_policy"]

path := ["disabled_alerts"]

deny contains plan.finding(r, path, "leaves out alerts") if {
	some r in plan.planned_any(types)
	some alert in plan.value(r, path, [])
	alert != ""
}
