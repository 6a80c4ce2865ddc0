package terrace.terraform.encryption.in_transit_test

import data.terrace.lib.fixture
import data.terrace.terraform.encryption.in_transit

making(values) := fixture.creates("aws_elasticache_replication_group", values)

test_fails_when_it_says_so if {
	count(in_transit.deny) == 1 with input as making({"transit_encryption_enabled": false})
}

test_fails_by_another_name if {
	count(in_transit.deny) == 1 with input as making({"https_only": false})
}

test_passes_when_it_says_the_opposite if {
	count(in_transit.deny) == 0 with input as making({"transit_encryption_enabled": true})
}

test_passes_when_it_says_nothing if {
	count(in_transit.deny) == 0 with input as making({})
}
