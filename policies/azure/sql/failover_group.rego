# METADATA
# title: SQL servers fail over to another region
# description: A failover group moves all databases of an application at once, behind one name.
# custom:
#   severity: low
#   fix: Add azurerm_mssql_failover_group with server_id and a partner_server.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-sql-failover-group
#   level: advisory
#   resources: [azurerm_mssql_server]
#   subjects:
#     - SQL failover group
#     - SQL auto failover
#     - SQL geo replication
package terrace.azure.sql.failover_group

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no failover group") if {
	some r in plan.planned("azurerm_mssql_server")
	count(plan.associated(r, "azurerm_mssql_failover_group", "server_id")) == 0
}
