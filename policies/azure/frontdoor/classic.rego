# METADATA
# title: Front Door is not the classic one
# description: "The classic Front Door is retired: it gets no more fixes."
# custom:
#   severity: medium
#   fix: Use azurerm_cdn_frontdoor_profile.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#   id: azure-frontdoor-classic
#   level: advisory
#   resources: [azurerm_frontdoor, azurerm_frontdoor_firewall_policy]
#   subjects: [frontdoor classic, front door classic]
package terrace.azure.frontdoor.classic

import data.terrace.lib.plan

types := ["azurerm_frontdoor", "azurerm_frontdoor_firewall_policy"]

deny contains plan.finding(r, [], "is of the classic Front Door") if {
	some r in plan.planned_any(types)
}
