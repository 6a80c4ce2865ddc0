# METADATA
# title: SQL databases keep a ledger
# description: A ledger proves that nobody changed what was written, not even an administrator.
# custom:
#   severity: low
#   fix: Set ledger_enabled to true when the database is made; it cannot be set later.
#   controls:
#     iso-27001-2022: ["A.5.33"]
#   id: azure-sql-ledger
#   level: advisory
#   resources: [azurerm_mssql_database]
#   subjects:
#     - azurerm_mssql_database.ledger_enabled
#     - SQL ledger
package terrace.azure.sql.ledger

import data.terrace.lib.plan

path := ["ledger_enabled"]

deny contains plan.finding(r, path, "keeps no ledger") if {
	some r in plan.planned("azurerm_mssql_database")
	plan.certain(r, path, false) != true
}
