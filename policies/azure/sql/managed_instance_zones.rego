# METADATA
# title: SQL managed instances are in several zones
# description: An instance in one zone is gone while the zone is.
# custom:
#   severity: medium
#   fix: Set zone_redundant_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-sql-managed-instance-zones
#   level: advisory
#   resources: [azurerm_mssql_managed_instance]
#   subjects:
#     - azurerm_mssql_managed_instance.zone_redundant_enabled
#     - SQL managed instance zone
#     - SQL managed instance availability zone
package terrace.azure.sql.managed_instance_zones

import data.terrace.lib.plan

path := ["zone_redundant_enabled"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_mssql_managed_instance")
	plan.certain(r, path, false) != true
}
