package terrace.azure.gateway.waf_log4j_test

import data.terrace.azure.gateway.waf_log4j
import data.terrace.lib.fixture

policy(values) := fixture.creates("azurerm_web_application_firewall_policy", values)

test_fails_without_rules if {
	count(waf_log4j.deny) == 1 with input as policy({})
}

test_fails_with_old_rules if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rules": [{"managed_rule_set": [{"type": "OWASP", "version": "3.0"}]}]})
}

test_fails_when_the_rule_is_disabled if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rules": [{"managed_rule_set": [{"version": "3.2", "rule_group_override": [{"rule_group_name": "REQUEST-944-APPLICATION-ATTACK-JAVA", "disabled_rules": ["944240"]}]}]}]})
}

test_fails_when_the_rule_is_disabled_in_azurerm_4 if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rules": [{"managed_rule_set": [{"version": "3.2", "rule_group_override": [{"rule": [{"id": "944240", "enabled": false}]}]}]}]})
}

test_passes_with_new_rules if {
	count(waf_log4j.deny) == 0 with input as policy({"managed_rules": [{"managed_rule_set": [{"version": "3.2"}]}]})
}

test_passes_with_the_rules_of_microsoft if {
	count(waf_log4j.deny) == 0 with input as policy({"managed_rules": [{"managed_rule_set": [{"type": "Microsoft_DefaultRuleSet", "version": "2.1"}]}]})
}

test_passes_when_another_rule_is_disabled if {
	count(waf_log4j.deny) == 0 with input as policy({"managed_rules": [{"managed_rule_set": [{"version": "3.1", "rule_group_override": [{"disabled_rules": ["944110"]}]}]}]})
}
