# METADATA
# title: Firewall rules of databases admit named addresses alone
# description: A rule that begins at 0.0.0.0, or ends at 255.255.255.255, opens the database to the Internet.
# custom:
#   severity: critical
#   fix: Set start_ip_address and end_ip_address to the addresses that need it, or use a private endpoint.
#   controls:
#     cis-azure-3.0.0: ["5.1.2"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-sql-firewall-any
#   level: soft-mandatory
#   resources:
#     - azurerm_mssql_firewall_rule
#     - azurerm_sql_firewall_rule
#     - azurerm_mysql_flexible_server_firewall_rule
#     - azurerm_mysql_firewall_rule
#     - azurerm_postgresql_flexible_server_firewall_rule
#     - azurerm_postgresql_firewall_rule
#     - azurerm_mariadb_firewall_rule
#     - azurerm_cosmosdb_postgresql_firewall_rule
#     - azurerm_mongo_cluster_firewall_rule
#     - azurerm_redis_firewall_rule
#     - azurerm_synapse_firewall_rule
#   subjects:
#     - SQL no public access
#     - firewall rule
#     - firewall public
#     - any IP
#     - Postgre overly permissive
#     - SQL overly permissive
#     - azurerm_mssql_firewall_rule.start_ip_address
#     - azurerm_postgresql_flexible_server_firewall_rule.start_ip_address
#     - azurerm_mysql_flexible_server_firewall_rule.start_ip_address
package terrace.azure.sql.firewall_any

import data.terrace.lib.plan

types := [
	"azurerm_mssql_firewall_rule",
	"azurerm_sql_firewall_rule",
	"azurerm_mysql_flexible_server_firewall_rule",
	"azurerm_mysql_firewall_rule",
	"azurerm_postgresql_flexible_server_firewall_rule",
	"azurerm_postgresql_firewall_rule",
	"azurerm_mariadb_firewall_rule",
	"azurerm_cosmosdb_postgresql_firewall_rule",
	"azurerm_mongo_cluster_firewall_rule",
	"azurerm_redis_firewall_rule",
	"azurerm_synapse_firewall_rule",
]

deny contains plan.finding(r, ["start_ip_address"], "admits the Internet") if {
	some r in plan.planned_any(types)
	anyone(address(r, "start_ip"), address(r, "end_ip"))
}

# Redis leaves out _address.
address(r, name) := plan.value(r, [concat("", [name, "_address"])], plan.value(r, [name], ""))

anyone(first, last) if {
	startswith(first, "0.0.0.0")
	not last in {"0.0.0.0", ""}
}

anyone(_, "255.255.255.255")
