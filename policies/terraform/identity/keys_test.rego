package terrace.terraform.identity.keys_test

import data.terrace.lib.fixture
import data.terrace.terraform.identity.keys

making(values) := fixture.creates("aws_db_instance", values)

test_fails_when_it_says_so if {
	count(keys.deny) == 1 with input as making({"local_authentication_enabled": true})
}

test_fails_by_another_name if {
	count(keys.deny) == 1 with input as making({"local_auth_enabled": true})
}

test_passes_when_it_says_the_opposite if {
	count(keys.deny) == 0 with input as making({"local_authentication_enabled": false})
}

test_passes_when_it_says_nothing if {
	count(keys.deny) == 0 with input as making({})
}
