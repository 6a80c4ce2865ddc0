package terrace.terraform.encryption.at_rest_test

import data.terrace.lib.fixture
import data.terrace.terraform.encryption.at_rest

making(values) := fixture.creates("aws_db_instance", values)

test_fails_when_it_says_so if {
	count(at_rest.deny) == 1 with input as making({"storage_encrypted": false})
}

test_fails_by_another_name if {
	count(at_rest.deny) == 1 with input as making({"encrypted": false})
}

test_passes_when_it_says_the_opposite if {
	count(at_rest.deny) == 0 with input as making({"storage_encrypted": true})
}

test_passes_when_it_says_nothing if {
	count(at_rest.deny) == 0 with input as making({})
}
