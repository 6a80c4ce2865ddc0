package terrace.azure.frontdoor.waf_log4j_test

import data.terrace.azure.frontdoor.waf_log4j
import data.terrace.lib.fixture

policy(values) := fixture.creates("azurerm_cdn_frontdoor_firewall_policy", values)

test_fails_without_rules if {
	count(waf_log4j.deny) == 1 with input as policy({})
}

test_fails_with_bots_alone if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rule": [{"type": "Microsoft_BotManagerRuleSet"}]})
}

test_fails_when_the_rule_is_disabled if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rule": [{"type": "DefaultRuleSet", "override": [{"rule_group_name": "JAVA", "rule": [{"rule_id": "944240", "enabled": false, "action": "Block"}]}]}]})
}

test_fails_when_the_rule_logs if {
	count(waf_log4j.deny) == 1 with input as policy({"managed_rule": [{"type": "DefaultRuleSet", "override": [{"rule_group_name": "JAVA", "rule": [{"rule_id": "944240", "enabled": true, "action": "Log"}]}]}]})
}

test_passes_with_the_default_rules if {
	count(waf_log4j.deny) == 0 with input as policy({"managed_rule": [{"type": "Microsoft_DefaultRuleSet", "version": "2.1"}]})
}

test_passes_when_the_rule_blocks if {
	count(waf_log4j.deny) == 0 with input as policy({"managed_rule": [{"type": "DefaultRuleSet", "override": [{"rule": [{"rule_id": "944240", "enabled": true, "action": "Block"}]}]}]})
}
