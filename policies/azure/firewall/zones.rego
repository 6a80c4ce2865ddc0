# METADATA
# title: Firewalls are in several zones
# description: A firewall in one zone takes the network with it when the zone is away.
# custom:
#   severity: medium
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-firewall-zones
#   level: advisory
#   resources: [azurerm_firewall]
#   subjects: [azurerm_firewall.zones, firewall zone]
package terrace.azure.firewall.zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned("azurerm_firewall")
	not plan.spread(r, path)
}
