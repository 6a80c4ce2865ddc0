# METADATA
# title: SQL databases are in several zones
# description: A database in one zone is gone while the zone is.
# custom:
#   severity: medium
#   fix: Set zone_redundant to true, in a tier that has it.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-sql-zones
#   level: advisory
#   resources: [azurerm_mssql_database, azurerm_mssql_elasticpool]
#   subjects:
#     - azurerm_mssql_database.zone_redundant
#     - azurerm_mssql_elasticpool.zone_redundant
#     - SQL zone redundant
#     - SQL zone redundancy
#     - SQL availability zone
package terrace.azure.sql.zones

import data.terrace.lib.plan

types := [
	"azurerm_mssql_database",
	"azurerm_mssql_elasticpool",
]

path := ["zone_redundant"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned_any(types)
	not plan.present(r, ["elastic_pool_id"])
	plan.certain(r, path, false) != true
}
