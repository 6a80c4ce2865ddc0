# METADATA
# title: Networks have more than one DNS server
# description: With one server alone, nothing finds anything while it is away.
# custom:
#   severity: low
#   fix: Name at least two servers in dns_servers, or none, for the DNS of Azure.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#     mcsb: ["NS-10"]
#   id: azure-network-several-dns-servers
#   level: advisory
#   resources: [azurerm_virtual_network, azurerm_virtual_network_dns_servers]
#   subjects: [azurerm_virtual_network.dns_servers, vnet single DNS server, virtual network DNS servers]
package terrace.azure.network.several_dns_servers

import data.terrace.lib.plan

types := ["azurerm_virtual_network", "azurerm_virtual_network_dns_servers"]

deny contains plan.finding(r, ["dns_servers"], "has a single DNS server") if {
	some r in plan.planned_any(types)
	count(plan.value(r, ["dns_servers"], [])) == 1
}
