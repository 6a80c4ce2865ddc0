package terrace.terraform.resilience.zones_test

import data.terrace.lib.fixture
import data.terrace.terraform.resilience.zones

making(values) := fixture.creates("aws_db_instance", values)

test_fails_when_it_says_so if {
	count(zones.deny) == 1 with input as making({"multi_az": false})
}

test_fails_by_another_name if {
	count(zones.deny) == 1 with input as making({"zone_redundant": false})
}

test_passes_when_it_says_the_opposite if {
	count(zones.deny) == 0 with input as making({"multi_az": true})
}

test_passes_when_it_says_nothing if {
	count(zones.deny) == 0 with input as making({})
}
