package terrace.azure.monitor.activity_alerts_test

import data.terrace.azure.monitor.activity_alerts
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_activity_log_alert", values)

all := [alert |
	some operation, _ in activity_alerts.operations
	alert := fixture.create("azurerm_monitor_activity_log_alert", replace(operation, "/", "_"), {"criteria": [{"category": "Administrative", "operation_name": operation}]})
]

test_fails_for_the_other_nine if {
	count(activity_alerts.deny) == 9 with input as making({"criteria": [{"category": "Administrative", "operation_name": "Microsoft.Authorization/policyAssignments/write"}]})
}

test_passes_alerts_of_health if {
	count(activity_alerts.deny) == 0 with input as making({"criteria": [{"category": "ResourceHealth"}]})
}

test_passes_with_all if {
	count(activity_alerts.deny) == 0 with input as fixture.plan(all)
}
