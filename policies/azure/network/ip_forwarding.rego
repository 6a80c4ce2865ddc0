# METADATA
# title: Network interfaces forward nothing
# description: An interface that forwards lets a machine pass on traffic that is meant for others.
# custom:
#   severity: medium
#   fix: Set ip_forwarding_enabled to false; firewalls of one's own have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-3"]
#   id: azure-network-ip-forwarding
#   level: soft-mandatory
#   resources: [azurerm_network_interface]
#   subjects: [azurerm_network_interface.ip_forwarding_enabled, azurerm_network_interface.enable_ip_forwarding, network interface IP forwarding]
package terrace.azure.network.ip_forwarding

import data.terrace.lib.plan

names := [["ip_forwarding_enabled"], ["enable_ip_forwarding"]]

deny contains plan.finding(r, path, "forwards the traffic of others") if {
	some r in plan.planned("azurerm_network_interface")
	path := plan.named(r, names)
	plan.certain(r, path, false) != false
}
