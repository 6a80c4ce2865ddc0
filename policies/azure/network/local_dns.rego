# METADATA
# title: Networks ask DNS servers inside of them
# description: Names of what is local should not depend on servers that are elsewhere.
# custom:
#   severity: low
#   fix: Name servers within the address space in dns_servers, or none, for the DNS of Azure.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-10"]
#   id: azure-network-local-dns
#   level: advisory
#   resources: [azurerm_virtual_network]
#   subjects: [vnet local DNS, virtual network local DNS]
package terrace.azure.network.local_dns

import data.terrace.lib.plan

deny contains plan.finding(r, ["dns_servers"], "asks DNS servers that are elsewhere") if {
	some r in plan.planned("azurerm_virtual_network")
	servers := plan.value(r, ["dns_servers"], [])
	servers != []
	not local(servers, plan.value(r, ["address_space"], []))
	not plan.unknown(r, ["address_space"])
}

local(servers, spaces) if {
	some server in servers
	some space in spaces
	net.cidr_contains(space, server)
}
