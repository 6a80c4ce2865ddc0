# METADATA
# title: MySQL servers have a standby in another zone
# description: A server in one zone is gone while the zone is.
# custom:
#   severity: medium
#   fix: Add high_availability with mode = "ZoneRedundant".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-mysql-high-availability
#   level: advisory
#   resources: [azurerm_mysql_flexible_server]
#   subjects:
#     - MySQL high availability
#     - MySQL zone redundan
#     - MySQL HA zone
#     - azurerm_mysql_flexible_server.high_availability
#     - azurerm_mysql_flexible_server.zone_redundan
package terrace.azure.mysql.high_availability

import data.terrace.lib.plan

path := ["high_availability", 0, "mode"]

deny contains plan.finding(r, path, "has no standby in another zone") if {
	some r in plan.planned("azurerm_mysql_flexible_server")
	plan.value(r, ["create_mode"], "Default") != "Replica"
	plan.certain(r, path, "") != "ZoneRedundant"
}
