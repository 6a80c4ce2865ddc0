package terrace.terraform.exposure.public_test

import data.terrace.lib.fixture
import data.terrace.terraform.exposure.public

making(values) := fixture.creates("aws_db_instance", values)

test_fails_when_it_says_so if {
	count(public.deny) == 1 with input as making({"publicly_accessible": true})
}

test_fails_by_another_name if {
	count(public.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_it_says_the_opposite if {
	count(public.deny) == 0 with input as making({"publicly_accessible": false})
}

test_passes_when_it_says_nothing if {
	count(public.deny) == 0 with input as making({})
}
