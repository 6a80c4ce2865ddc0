# METADATA
# title: PostgreSQL servers take TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: "Set the parameter ssl_min_protocol_version to \"TLSv1.2\" or newer; older servers: set ssl_minimal_tls_version_enforced to \"TLS1_2\"."
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-postgres-min-tls
#   level: hard-mandatory
#   resources: [azurerm_postgresql_server, azurerm_postgresql_flexible_server, azurerm_postgresql_flexible_server_configuration]
#   subjects:
#     - Postgre TLS
#     - Postgre min TLS version
#     - azurerm_postgresql_flexible_server_configuration.ssl_min_protocol_version
#     - azurerm_postgresql_server.ssl_minimal_tls_version_enforced
package terrace.azure.postgres.min_tls

import data.terrace.lib.plan

deny contains plan.finding(r, path, message) if {
	path := ["ssl_minimal_tls_version_enforced"]
	some r in plan.planned("azurerm_postgresql_server")
	not plan.certain(r, path, "TLS1_2") in {"TLS1_2", "TLS1_3"}
}

deny contains plan.finding(r, ["value"], message) if {
	some r in plan.planned("azurerm_postgresql_flexible_server_configuration")
	lower(plan.value(r, ["name"], "")) == "ssl_min_protocol_version"
	some version in split(lower(plan.value(r, ["value"], "")), ",")
	trim_space(version) in {"tlsv1", "tlsv1.0", "tlsv1.1"}
}

message := "takes old versions of TLS"
