package terrace.terraform.lifecycle.complete_test

import data.terrace.terraform.lifecycle.complete

test_fails_with_errors if {
	count(complete.deny) == 1 with input as {"errored": true, "resource_changes": []}
}

test_fails_for_a_part if {
	count(complete.deny) == 1 with input as {"complete": false, "resource_changes": []}
}

test_passes_when_whole if {
	count(complete.deny) == 0 with input as {"errored": false, "complete": true, "resource_changes": []}
}

test_passes_for_what_is_accepted_of_a_drift if {
	count(complete.deny) == 0 with input as {"complete": false, "resource_changes": [], "terrace": {"operation": "refresh"}}
}
