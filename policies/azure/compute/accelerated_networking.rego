# METADATA
# title: Network interfaces are accelerated
# description: Without it, each packet takes the way through the host, and load makes it slow.
# custom:
#   severity: low
#   fix: Set accelerated_networking_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-compute-accelerated-networking
#   level: advisory
#   resources: [azurerm_network_interface]
#   subjects:
#     - azurerm_network_interface.accelerated_networking_enabled
#     - azurerm_network_interface.enable_accelerated_networking
#     - network interface accelerated networking
package terrace.azure.compute.accelerated_networking

import data.terrace.lib.plan

names := [["accelerated_networking_enabled"], ["enable_accelerated_networking"]]

deny contains plan.finding(r, path, "is not accelerated") if {
	some r in plan.planned("azurerm_network_interface")
	path := plan.named(r, names)
	plan.certain(r, path, false) != true
}
