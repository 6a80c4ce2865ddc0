# METADATA
# title: Storage of MySQL grows by itself
# description: A full disk makes a server read-only.
# custom:
#   severity: low
#   fix: Set auto_grow_enabled to true in storage.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-mysql-auto-grow
#   level: advisory
#   resources: [azurerm_mysql_flexible_server, azurerm_mysql_server]
#   subjects:
#     - azurerm_mysql_flexible_server.storage_auto_grow_enabled
#     - azurerm_mysql_server.storage_auto_grow_enabled
#     - azurerm_mysql_flexible_server.auto_grow_enabled
#     - azurerm_mysql_server.auto_grow_enabled
#     - MySQL auto grow
#     - MySQL storage grow
package terrace.azure.mysql.auto_grow

import data.terrace.lib.plan

types := [
	"azurerm_mysql_flexible_server",
	"azurerm_mysql_server",
]

# The name of now, and those of older versions of the provider.
paths := [["storage", 0, "auto_grow_enabled"], ["auto_grow_enabled"]]

deny contains plan.finding(r, path, "does not grow its storage") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	plan.certain(r, path, true) != true
}
