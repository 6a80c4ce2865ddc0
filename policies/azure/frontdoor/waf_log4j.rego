# METADATA
# title: Firewalls of Front Door stop Log4Shell
# description: Rule 944240 stops requests that make old versions of Log4j run what they carry.
# custom:
#   severity: high
#   fix: Add managed_rule of type Microsoft_DefaultRuleSet, with rule 944240 enabled and action "Block".
#   controls:
#     iso-27001-2022: ["A.8.8", "A.8.26"]
#     mcsb: ["NS-6", "PV-6"]
#   id: azure-frontdoor-waf-log4j
#   level: soft-mandatory
#   resources: [azurerm_cdn_frontdoor_firewall_policy, azurerm_frontdoor_firewall_policy]
#   subjects:
#     - frontdoor WAF CVE
#     - front door WAF CVE
#     - frontdoor log4j
#     - azurerm_frontdoor_firewall_policy.managed_rule
#     - azurerm_cdn_frontdoor_firewall_policy.managed_rule
package terrace.azure.frontdoor.waf_log4j

import data.terrace.lib.plan

types := ["azurerm_cdn_frontdoor_firewall_policy", "azurerm_frontdoor_firewall_policy"]

deny contains plan.finding(r, ["managed_rule"], "does not stop Log4Shell") if {
	some r in plan.planned_any(types)
	not plan.unknown(r, ["managed_rule"])
	not stops(r)
}

stops(r) if {
	some set in plan.blocks(r, ["managed_rule"])
	set.type in {"DefaultRuleSet", "Microsoft_DefaultRuleSet"}
	not weakened(set)
}

weakened(set) if {
	some group in plan.or_else(object.get(set, "override", null), [])
	some rule in plan.or_else(object.get(group, "rule", null), [])
	rule.rule_id == "944240"
	not blocks(rule)
}

blocks(rule) if {
	rule.enabled == true
	rule.action in {"Block", "Redirect", "AnomalyScoring"}
}
