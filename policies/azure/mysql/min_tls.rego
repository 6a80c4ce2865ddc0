# METADATA
# title: MySQL servers take TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: "Set the parameter tls_version to \"TLSv1.2\" or newer; older servers: set ssl_minimal_tls_version_enforced to \"TLS1_2\"."
#   controls:
#     cis-azure-3.0.0: ["5.3.2"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-mysql-min-tls
#   level: hard-mandatory
#   resources: [azurerm_mysql_server, azurerm_mysql_flexible_server, azurerm_mysql_flexible_server_configuration]
#   subjects:
#     - MySQL TLS
#     - MySQL min TLS version
#     - azurerm_mysql_flexible_server_configuration.tls_version
#     - azurerm_mysql_server.ssl_minimal_tls_version_enforced
package terrace.azure.mysql.min_tls

import data.terrace.lib.plan

deny contains plan.finding(r, path, message) if {
	path := ["ssl_minimal_tls_version_enforced"]
	some r in plan.planned("azurerm_mysql_server")
	not plan.certain(r, path, "TLS1_2") in {"TLS1_2", "TLS1_3"}
}

deny contains plan.finding(r, ["value"], message) if {
	some r in plan.planned("azurerm_mysql_flexible_server_configuration")
	lower(plan.value(r, ["name"], "")) == "tls_version"
	some version in split(lower(plan.value(r, ["value"], "")), ",")
	trim_space(version) in {"tlsv1", "tlsv1.0", "tlsv1.1"}
}

message := "takes old versions of TLS"
