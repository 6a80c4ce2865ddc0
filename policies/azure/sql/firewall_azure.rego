# METADATA
# title: Firewall rules of databases do not admit all of Azure
# description: The rule from 0.0.0.0 to 0.0.0.0 admits every service of Azure, also those of other customers.
# custom:
#   severity: high
#   fix: Take the rule away, and reach the database through a private endpoint.
#   controls:
#     cis-azure-3.0.0: ["5.2.5"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-sql-firewall-azure
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
#     - access from azure services
#     - allow azure services
#     - Postgre overly permissive
#     - SQL overly permissive
package terrace.azure.sql.firewall_azure

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

deny contains plan.finding(r, ["start_ip_address"], "admits every service of Azure, also those of others") if {
	some r in plan.planned_any(types)
	plan.value(r, ["start_ip_address"], "") == "0.0.0.0"
	plan.value(r, ["end_ip_address"], "") == "0.0.0.0"
}
