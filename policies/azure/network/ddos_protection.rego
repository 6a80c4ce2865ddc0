# METADATA
# title: Networks are protected from floods
# description: A flood of packets takes down what has a public address; a plan filters it.
# custom:
#   severity: low
#   fix: Add ddos_protection_plan with enable = true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-5"]
#   id: azure-network-ddos-protection
#   level: advisory
#   resources: [azurerm_virtual_network]
#   subjects: [azurerm_virtual_network.ddos_protection_plan, virtual network ddos, vnet ddos]
package terrace.azure.network.ddos_protection

import data.terrace.lib.plan

path := ["ddos_protection_plan", 0, "enable"]

deny contains plan.finding(r, path, "is not protected from floods") if {
	some r in plan.planned("azurerm_virtual_network")
	plan.certain(r, path, false) != true
}
