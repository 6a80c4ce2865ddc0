# METADATA
# title: HTTP is not open to the Internet
# description: What answers plain HTTP from everywhere is beside the gateway that would inspect it.
# custom:
#   severity: medium
#   fix: Let the Internet come to the gateway alone, and name it in source_address_prefix.
#   controls:
#     cis-azure-3.0.0: ["7.4"]
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-network-http-from-internet
#   level: advisory
#   resources: [azurerm_network_security_group, azurerm_network_security_rule]
#   subjects: [nsg rule HTTP, network security http, HTTP access restricted]
package terrace.azure.network.http_from_internet

import data.terrace.lib.network
import data.terrace.lib.plan

deny contains plan.finding(rule.resource, rule.path, "lets the Internet in by plain HTTP") if {
	some rule in network.admitted
	network.reaches(rule, {"tcp"}, 80)
}
