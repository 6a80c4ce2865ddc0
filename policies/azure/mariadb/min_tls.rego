# METADATA
# title: MariaDB servers take TLS 1.2
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: "Set ssl_minimal_tls_version_enforced to \"TLS1_2\", and move to MySQL: Azure retires MariaDB."
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-mariadb-min-tls
#   level: soft-mandatory
#   resources: [azurerm_mariadb_server]
#   subjects:
#     - MariaDB TLS
#     - MariaDB server TLS
package terrace.azure.mariadb.min_tls

import data.terrace.lib.plan

path := ["ssl_minimal_tls_version_enforced"]

deny contains plan.finding(r, path, "takes old versions of TLS") if {
	some r in plan.planned("azurerm_mariadb_server")
	plan.certain(r, path, "TLS1_2") != "TLS1_2"
}

deny contains plan.finding(r, ["ssl_enforcement_enabled"], "does not ask for TLS") if {
	some r in plan.planned("azurerm_mariadb_server")
	plan.certain(r, ["ssl_enforcement_enabled"], false) != true
}
