# METADATA
# title: SQL servers reach named hosts alone
# description: Whoever takes over a server cannot send its data anywhere.
# custom:
#   severity: low
#   fix: Set outbound_network_restriction_enabled to true, and name hosts by azurerm_mssql_outbound_firewall_rule.
#   controls:
#     iso-27001-2022: ["A.8.12"]
#     mcsb: ["NS-2", "DP-2"]
#   id: azure-sql-outbound-restriction
#   level: advisory
#   resources: [azurerm_mssql_server]
#   subjects:
#     - azurerm_mssql_server.outbound_network_restriction_enabled
#     - SQL outbound network
package terrace.azure.sql.outbound_restriction

import data.terrace.lib.plan

path := ["outbound_network_restriction_enabled"]

deny contains plan.finding(r, path, "reaches any host") if {
	some r in plan.planned("azurerm_mssql_server")
	plan.certain(r, path, false) != true
}
