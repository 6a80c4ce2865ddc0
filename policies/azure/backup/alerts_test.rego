package terrace.azure.backup.alerts_test

import data.terrace.azure.backup.alerts
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_recovery_services_vault", values)

test_fails_when_off if {
	count(alerts.deny) == 1 with input as making({"monitoring": [{"alerts_for_all_job_failures_enabled": false}]})
}

test_passes_by_default if {
	count(alerts.deny) == 0 with input as making({})
}

test_passes_when_on if {
	count(alerts.deny) == 0 with input as making({"monitoring": [{"alerts_for_all_job_failures_enabled": true}]})
}
