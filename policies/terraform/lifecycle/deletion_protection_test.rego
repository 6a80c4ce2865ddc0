package terrace.terraform.lifecycle.deletion_protection_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.deletion_protection

making(values) := fixture.creates("google_sql_database_instance", values)

test_fails_when_it_says_so if {
	count(deletion_protection.deny) == 1 with input as making({"deletion_protection": false})
}

test_fails_by_another_name if {
	count(deletion_protection.deny) == 1 with input as making({"deletion_protection_enabled": false})
}

test_passes_when_it_says_the_opposite if {
	count(deletion_protection.deny) == 0 with input as making({"deletion_protection": true})
}

test_passes_when_it_says_nothing if {
	count(deletion_protection.deny) == 0 with input as making({})
}
