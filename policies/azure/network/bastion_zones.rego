# METADATA
# title: Bastion hosts are in several zones
# description: Who cannot come in while a zone is away cannot mend what is broken.
# custom:
#   severity: low
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-bastion-zones
#   level: advisory
#   resources: [azurerm_bastion_host]
#   subjects: [azurerm_bastion_host.zones, bastion zone]
package terrace.azure.network.bastion_zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned("azurerm_bastion_host")
	not plan.spread(r, path)
}
