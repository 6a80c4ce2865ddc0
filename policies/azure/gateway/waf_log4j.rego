# METADATA
# title: Web application firewalls stop Log4Shell
# description: Rule 944240 stops requests that make old versions of Log4j run what they carry.
# custom:
#   severity: high
#   fix: Use a managed_rule_set of type OWASP 3.1 or newer, or Microsoft_DefaultRuleSet, and do not disable rule 944240.
#   controls:
#     iso-27001-2022: ["A.8.8", "A.8.26"]
#     mcsb: ["NS-6", "PV-6"]
#   id: azure-gateway-waf-log4j
#   level: soft-mandatory
#   resources: [azurerm_web_application_firewall_policy]
#   subjects: [web application firewall log4j, app gateway WAF CVE, azurerm_web_application_firewall_policy.managed_rules]
package terrace.azure.gateway.waf_log4j

import data.terrace.lib.plan

path := ["managed_rules", 0, "managed_rule_set"]

deny contains plan.finding(r, path, "does not stop Log4Shell") if {
	some r in plan.planned("azurerm_web_application_firewall_policy")
	not plan.unknown(r, path)
	not stops(r)
}

stops(r) if {
	some set in plan.blocks(r, path)
	known(object.get(set, "type", null), object.get(set, "version", ""))
	not disabled(set)
}

# known are sets of rules that have the rule.
known(type, version) if {
	plan.or_else(type, "OWASP") == "OWASP"
	version in {"3.1", "3.2"}
}

known("Microsoft_DefaultRuleSet", _)

disabled(set) if {
	some group in plan.or_else(object.get(set, "rule_group_override", null), [])
	"944240" in plan.or_else(object.get(group, "disabled_rules", null), [])
}

disabled(set) if {
	some group in plan.or_else(object.get(set, "rule_group_override", null), [])
	some rule in plan.or_else(object.get(group, "rule", null), [])
	rule.id == "944240"
	object.get(rule, "enabled", false) != true
}
