# METADATA
# title: SQL managed instances have no public endpoint
# description: Through it the instance is tried by everyone.
# custom:
#   severity: high
#   fix: Set public_data_endpoint_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-sql-managed-instance-public-endpoint
#   level: soft-mandatory
#   resources: [azurerm_mssql_managed_instance]
#   subjects:
#     - azurerm_mssql_managed_instance.public_data_endpoint_enabled
#     - SQL managed instance public
#     - managed instance public endpoint
package terrace.azure.sql.managed_instance_public_endpoint

import data.terrace.lib.plan

path := ["public_data_endpoint_enabled"]

deny contains plan.finding(r, path, "has a public endpoint") if {
	some r in plan.planned("azurerm_mssql_managed_instance")
	plan.certain(r, path, false) != false
}
