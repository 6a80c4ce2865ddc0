package terrace.terraform.lifecycle.checks_test

import data.terrace.terraform.lifecycle.checks

test_fails_for_a_check if {
	count(checks.deny) == 1 with input as {"checks": [{"address": {"to_display": "check.health"}, "status": "fail"}]}
}

test_passes_when_it_holds if {
	count(checks.deny) == 0 with input as {"checks": [{"address": {"to_display": "check.health"}, "status": "pass"}]}
}
