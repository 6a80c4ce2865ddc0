# METADATA
# title: UDP is not open to the Internet
# description: Services on UDP that everyone reaches are used to amplify attacks on others.
# custom:
#   severity: high
#   fix: Name the networks that may come in source_address_prefixes.
#   controls:
#     cis-azure-3.0.0: ["7.3"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-network-udp-from-internet
#   level: soft-mandatory
#   resources: [azurerm_network_security_group, azurerm_network_security_rule]
#   subjects: [nsg rule UDP, network security udp, UDP access restricted]
package terrace.azure.network.udp_from_internet

import data.terrace.lib.network
import data.terrace.lib.plan

deny contains plan.finding(rule.resource, rule.path, "lets the Internet in by UDP") if {
	some rule in network.admitted
	rule.protocol == "udp"
}
