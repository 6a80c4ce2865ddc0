package terrace.azure.monitor.subscription_activities_test

import data.terrace.azure.monitor.subscription_activities
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_diagnostic_setting", values)

test_fails_for_some if {
	count(subscription_activities.deny) == 1 with input as making({"target_resource_id": "/subscriptions/1", "enabled_log": [{"category": "Security"}]})
}

test_passes_for_all if {
	count(subscription_activities.deny) == 0 with input as making({"target_resource_id": "/subscriptions/1", "enabled_log": [{"category": "Administrative"}, {"category": "Alert"}, {"category": "Policy"}, {"category": "Security"}]})
}

test_passes_for_a_group if {
	count(subscription_activities.deny) == 0 with input as making({"target_resource_id": "/subscriptions/1", "enabled_log": [{"category_group": "allLogs"}]})
}

test_passes_for_a_resource if {
	count(subscription_activities.deny) == 0 with input as making({"target_resource_id": "/subscriptions/1/resourceGroups/a", "enabled_log": []})
}
