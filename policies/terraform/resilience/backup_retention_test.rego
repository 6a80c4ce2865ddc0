package terrace.terraform.resilience.backup_retention_test

import data.terrace.lib.fixture
import data.terrace.terraform.resilience.backup_retention

making(values) := fixture.creates("aws_db_instance", values)

test_fails_for_a_day if {
	count(backup_retention.deny) == 1 with input as making({"backup_retention_period": 1})
}

test_fails_for_none if {
	count(backup_retention.deny) == 1 with input as making({"backup_retention_period": 0})
}

test_passes_for_a_week if {
	count(backup_retention.deny) == 0 with input as making({"backup_retention_days": 7})
}

test_passes_without if {
	count(backup_retention.deny) == 0 with input as making({})
}
