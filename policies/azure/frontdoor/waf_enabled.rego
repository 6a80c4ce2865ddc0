# METADATA
# title: Firewall policies of Front Door are enabled
# description: A policy that is switched off inspects nothing, and looks as if it did.
# custom:
#   severity: high
#   fix: Set enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-frontdoor-waf-enabled
#   level: hard-mandatory
#   resources: [azurerm_cdn_frontdoor_firewall_policy, azurerm_frontdoor_firewall_policy]
#   subjects:
#     - azurerm_frontdoor_firewall_policy.enabled
#     - azurerm_cdn_frontdoor_firewall_policy.enabled
#     - frontdoor use WAF mode
#     - front door waf enabled
package terrace.azure.frontdoor.waf_enabled

import data.terrace.lib.plan

types := ["azurerm_cdn_frontdoor_firewall_policy", "azurerm_frontdoor_firewall_policy"]

deny contains plan.finding(r, path, "is switched off") if {
	some r in plan.planned_any(types)
	some path in [["enabled"], ["policy_settings", 0, "enabled"]]
	plan.certain(r, path, true) != true
}
