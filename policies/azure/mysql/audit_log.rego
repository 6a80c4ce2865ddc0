# METADATA
# title: MySQL keeps an audit log
# description: Who read or changed what is known afterwards only from the audit log.
# custom:
#   severity: medium
#   fix: Set the parameter audit_log_enabled to "ON".
#   controls:
#     cis-azure-3.0.0: ["5.3.3"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-mysql-audit-log
#   level: advisory
#   resources: [azurerm_mysql_flexible_server_configuration, azurerm_mysql_configuration]
#   subjects:
#     - MySQL audit log
package terrace.azure.mysql.audit_log

import data.terrace.lib.plan

types := ["azurerm_mysql_flexible_server_configuration", "azurerm_mysql_configuration"]

parameters := {"audit_log_enabled"}

deny contains plan.finding(r, ["value"], "keeps no audit log") if {
	some r in plan.planned_any(types)
	lower(plan.value(r, ["name"], "")) in parameters
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}
