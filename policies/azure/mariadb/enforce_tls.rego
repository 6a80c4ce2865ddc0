# METADATA
# title: MariaDB servers take encrypted connections alone
# description: Plain connections show passwords and data to everyone on the way.
# custom:
#   severity: high
#   fix: "Set ssl_enforcement_enabled to true, and move to MySQL: Azure retires MariaDB."
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-mariadb-enforce-tls
#   level: hard-mandatory
#   resources: [azurerm_mariadb_server]
#   subjects:
#     - azurerm_mariadb_server.ssl_enforcement_enabled
#     - MariaDB SSL
package terrace.azure.mariadb.enforce_tls

import data.terrace.lib.plan

path := ["ssl_enforcement_enabled"]

deny contains plan.finding(r, path, "takes plain connections") if {
	some r in plan.planned("azurerm_mariadb_server")
	plan.certain(r, path, false) != true
}
