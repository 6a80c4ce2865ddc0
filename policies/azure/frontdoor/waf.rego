# METADATA
# title: Front Door has a web application firewall
# description: What comes from the Internet is inspected at its edge, before it reaches an application.
# custom:
#   severity: high
#   fix: Name the firewall policy in azurerm_cdn_frontdoor_security_policy, for each profile.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-frontdoor-waf
#   level: soft-mandatory
#   resources: [azurerm_frontdoor, azurerm_cdn_frontdoor_profile]
#   subjects:
#     - azurerm_frontdoor.web_application_firewall_policy_link_id
#     - front door enables WAF
#     - frontdoor firewall
#     - azurerm_cdn_frontdoor_security_policy
package terrace.azure.frontdoor.waf

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has no web application firewall") if {
	some r in plan.planned("azurerm_frontdoor")
	some i in numbers.range(0, max([0, count(plan.blocks(r, ["frontend_endpoint"])) - 1]))
	path := ["frontend_endpoint", i, "web_application_firewall_policy_link_id"]
	not plan.present(r, path)
}

deny contains plan.finding(r, [], "has no web application firewall") if {
	some r in plan.planned("azurerm_cdn_frontdoor_profile")
	count(plan.associated(r, "azurerm_cdn_frontdoor_security_policy", "cdn_frontdoor_profile_id")) == 0
}
