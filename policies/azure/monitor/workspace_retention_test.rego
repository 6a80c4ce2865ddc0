package terrace.azure.monitor.workspace_retention_test

import data.terrace.azure.monitor.workspace_retention
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_log_analytics_workspace", values)

test_fails_by_default if {
	count(workspace_retention.deny) == 1 with input as making({})
}

test_fails_for_a_month if {
	count(workspace_retention.deny) == 1 with input as making({"retention_in_days": 30})
}

test_passes_for_90_days if {
	count(workspace_retention.deny) == 0 with input as making({"retention_in_days": 90})
}
