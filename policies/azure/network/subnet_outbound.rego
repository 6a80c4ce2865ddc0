# METADATA
# title: Subnets have no default way out
# description: By default Azure gives machines a way out to the Internet that nobody sees or filters.
# custom:
#   severity: medium
#   fix: Set default_outbound_access_enabled to false, and add a NAT gateway or a route to the firewall.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-network-subnet-outbound
#   level: advisory
#   resources: [azurerm_subnet]
#   subjects: [azurerm_subnet.default_outbound_access_enabled, subnet default outbound]
package terrace.azure.network.subnet_outbound

import data.terrace.lib.plan

path := ["default_outbound_access_enabled"]

deny contains plan.finding(r, path, "has the default way out to the Internet") if {
	some r in plan.planned("azurerm_subnet")
	plan.certain(r, path, true) != false
}
