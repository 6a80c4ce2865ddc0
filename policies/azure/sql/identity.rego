# METADATA
# title: SQL servers have a managed identity
# description: With one, they reach keys and storage without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-sql-identity
#   level: advisory
#   resources: [azurerm_mssql_server, azurerm_mssql_managed_instance]
#   subjects:
#     - azurerm_mssql_server.identity_type
#     - azurerm_mssql_managed_instance.identity_type
#     - SQL managed identity
#     - SQL server identity
package terrace.azure.sql.identity

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server",
	"azurerm_mssql_managed_instance",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
