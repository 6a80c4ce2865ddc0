# METADATA
# title: MySQL servers are encrypted twice
# description: A second layer holds where the first is broken.
# custom:
#   severity: low
#   fix: Set infrastructure_encryption_enabled to true; flexible servers use a customer_managed_key.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: azure-mysql-infrastructure-encryption
#   level: advisory
#   resources: [azurerm_mysql_server]
#   subjects:
#     - azurerm_mysql_server.infrastructure_encryption_enabled
#     - MySQL encryption enabled
#     - MySQL infrastructure encryption
package terrace.azure.mysql.infrastructure_encryption

import data.terrace.lib.plan

path := ["infrastructure_encryption_enabled"]

deny contains plan.finding(r, path, "is encrypted once") if {
	some r in plan.planned("azurerm_mysql_server")
	plan.certain(r, path, false) != true
}
