# METADATA
# title: SQL servers take TLS 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimum_tls_version to "1.2".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-sql-min-tls
#   level: hard-mandatory
#   resources: [azurerm_mssql_server, azurerm_mssql_managed_instance]
#   subjects:
#     - azurerm_mssql_server.minimum_tls_version
#     - azurerm_mssql_managed_instance.minimum_tls_version
#     - SQL server TLS
#     - SQL TLS version
#     - SQL managed instance TLS
package terrace.azure.sql.min_tls

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server",
	"azurerm_mssql_managed_instance",
]

path := ["minimum_tls_version"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned_any(types)
	not plan.certain(r, path, "1.2") in {"1.2", "1.3"}
}
