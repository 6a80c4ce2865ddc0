# METADATA
# title: PostgreSQL servers take encrypted connections alone
# description: Plain connections show passwords and data to everyone on the way.
# custom:
#   severity: high
#   fix: "Leave the parameter require_secure_transport at \"ON\"; older servers: set ssl_enforcement_enabled to true."
#   controls:
#     cis-azure-3.0.0: ["5.2.1"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-postgres-enforce-tls
#   level: hard-mandatory
#   resources: [azurerm_postgresql_server, azurerm_postgresql_flexible_server, azurerm_postgresql_flexible_server_configuration]
#   subjects:
#     - Postgre SSL enforcement
#     - Postgre SSL
#     - Postgre secure transport
#     - azurerm_postgresql_flexible_server_configuration.require_secure_transport
package terrace.azure.postgres.enforce_tls

import data.terrace.lib.plan

deny contains plan.finding(r, path, message) if {
	path := ["ssl_enforcement_enabled"]
	some r in plan.planned("azurerm_postgresql_server")
	plan.certain(r, path, false) != true
}

deny contains plan.finding(r, ["value"], message) if {
	some r in plan.planned("azurerm_postgresql_flexible_server_configuration")
	plan.value(r, ["name"], "") == "require_secure_transport"
	lower(plan.value(r, ["value"], "on")) in {"off", "0", "false"}
}

message := "takes plain connections"
