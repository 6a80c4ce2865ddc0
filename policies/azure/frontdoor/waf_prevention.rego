# METADATA
# title: Firewalls of Front Door prevent attacks
# description: A firewall that detects alone lets every attack pass, and writes it down.
# custom:
#   severity: medium
#   fix: Set mode to "Prevention".
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-frontdoor-waf-prevention
#   level: soft-mandatory
#   resources: [azurerm_cdn_frontdoor_firewall_policy, azurerm_frontdoor_firewall_policy]
#   subjects: [azurerm_cdn_frontdoor_firewall_policy.mode, azurerm_frontdoor_firewall_policy.mode, frontdoor waf prevention]
package terrace.azure.frontdoor.waf_prevention

import data.terrace.lib.plan

types := ["azurerm_cdn_frontdoor_firewall_policy", "azurerm_frontdoor_firewall_policy"]

path := ["mode"]

deny contains plan.finding(r, path, "lets attacks pass") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, "Prevention") != "Prevention"
}
