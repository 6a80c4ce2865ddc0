package terrace.azure.backup.policy_retention_test

import data.terrace.azure.backup.policy_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_backup_policy_vm", values)

test_fails_for_a_day if {
	count(policy_retention.deny) == 1 with input as making({"retention_daily": [{"count": 1}]})
}

test_passes_for_a_month if {
	count(policy_retention.deny) == 0 with input as making({"retention_daily": [{"count": 30}]})
}

test_passes_without if {
	count(policy_retention.deny) == 0 with input as making({"retention_weekly": [{"count": 4}]})
}
