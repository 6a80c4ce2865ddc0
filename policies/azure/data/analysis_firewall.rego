# METADATA
# title: Analysis Services admit named addresses alone
# description: A range that begins at 0.0.0.0 opens the server to the Internet.
# custom:
#   severity: high
#   fix: Set range_start and range_end in ipv4_firewall_rule to the addresses that need it.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-data-analysis-firewall
#   level: soft-mandatory
#   resources: [azurerm_analysis_services_server]
#   subjects:
#     - analysis services firewall
#     - azurerm_analysis_services_server.ipv4_firewall_rule
package terrace.azure.data.analysis_firewall

import data.terrace.lib.plan

deny contains plan.finding(r, ["ipv4_firewall_rule", i], "admits the Internet") if {
	some r in plan.planned("azurerm_analysis_services_server")
	some i, rule in plan.blocks(r, ["ipv4_firewall_rule"])
	rule.range_start == "0.0.0.0"
	rule.range_end != "0.0.0.0"
}
