# METADATA
# title: Backups of MariaDB are in another region, too
# description: Without, the database is lost with its region.
# custom:
#   severity: medium
#   fix: "Set geo_redundant_backup_enabled to true, and move to MySQL: Azure retires MariaDB."
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.14"]
#     mcsb: ["BR-2"]
#   id: azure-mariadb-geo-backup
#   level: advisory
#   resources: [azurerm_mariadb_server]
#   subjects:
#     - azurerm_mariadb_server.geo_redundant_backup_enabled
#     - MariaDB geo backup
package terrace.azure.mariadb.geo_backup

import data.terrace.lib.plan

path := ["geo_redundant_backup_enabled"]

deny contains plan.finding(r, path, "has its backups in its region alone") if {
	some r in plan.planned("azurerm_mariadb_server")
	plan.certain(r, path, false) != true
}
