# METADATA
# title: SQL managed instances fail over to another region
# description: A failover group moves all databases of an instance at once, behind one name.
# custom:
#   severity: low
#   fix: Add azurerm_mssql_managed_instance_failover_group with managed_instance_id.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-sql-managed-instance-failover-group
#   level: advisory
#   resources: [azurerm_mssql_managed_instance]
#   subjects:
#     - SQL managed instance failover
#     - SQL managed instance disaster recovery
package terrace.azure.sql.managed_instance_failover_group

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no failover group") if {
	some r in plan.planned("azurerm_mssql_managed_instance")
	count(plan.associated(r, "azurerm_mssql_managed_instance_failover_group", "managed_instance_id")) == 0
}
