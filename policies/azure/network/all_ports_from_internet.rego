# METADATA
# title: No rule opens all ports to the Internet
# description: A rule for every port from everywhere opens what nobody thought of, too.
# custom:
#   severity: critical
#   fix: Name the ports in destination_port_ranges and the networks in source_address_prefixes.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: azure-network-all-ports-from-internet
#   level: hard-mandatory
#   resources: [azurerm_network_security_group, azurerm_network_security_rule]
#   subjects: [network security all ports, network security any port, nsg rule port access, network security public ingress]
package terrace.azure.network.all_ports_from_internet

import data.terrace.lib.network
import data.terrace.lib.plan

deny contains plan.finding(rule.resource, rule.path, "opens all ports to the Internet") if {
	some rule in network.admitted
	some ports in rule.ports
	ports in {"*", "0-65535", "1-65535"}
}
