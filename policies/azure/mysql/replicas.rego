# METADATA
# title: MySQL servers have a replica
# description: A replica in another region takes over, and takes reads away.
# custom:
#   severity: low
#   fix: Add another server with create_mode = "Replica" and source_server_id.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-mysql-replicas
#   level: advisory
#   resources: [azurerm_mysql_flexible_server]
#   subjects:
#     - azurerm_mysql_flexible_server.source_server_id
#     - MySQL replica
package terrace.azure.mysql.replicas

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no replica") if {
	some r in plan.planned("azurerm_mysql_flexible_server")
	not plan.present(r, ["source_server_id"])
	count(plan.associated(r, "azurerm_mysql_flexible_server", "source_server_id")) == 0
}
