# METADATA
# title: MySQL servers take encrypted connections alone
# description: Plain connections show passwords and data to everyone on the way.
# custom:
#   severity: high
#   fix: "Leave the parameter require_secure_transport at \"ON\"; older servers: set ssl_enforcement_enabled to true."
#   controls:
#     cis-azure-3.0.0: ["5.3.1"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-mysql-enforce-tls
#   level: hard-mandatory
#   resources: [azurerm_mysql_server, azurerm_mysql_flexible_server, azurerm_mysql_flexible_server_configuration]
#   subjects:
#     - MySQL SSL enforcement
#     - MySQL SSL
#     - MySQL secure transport
#     - azurerm_mysql_flexible_server_configuration.require_secure_transport
package terrace.azure.mysql.enforce_tls

import data.terrace.lib.plan

deny contains plan.finding(r, path, message) if {
	path := ["ssl_enforcement_enabled"]
	some r in plan.planned("azurerm_mysql_server")
	plan.certain(r, path, false) != true
}

deny contains plan.finding(r, ["value"], message) if {
	some r in plan.planned("azurerm_mysql_flexible_server_configuration")
	plan.value(r, ["name"], "") == "require_secure_transport"
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}

message := "takes plain connections"
