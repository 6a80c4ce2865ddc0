package terrace.azure.monitor.service_health_test

import data.terrace.azure.monitor.service_health
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_activity_log_alert", values)

alert(name, category) := fixture.create("azurerm_monitor_activity_log_alert", name, {"criteria": [{"category": category}]})

test_fails_for_both if {
	count(service_health.deny) == 2 with input as making({"criteria": [{"category": "Administrative"}]})
}

test_fails_for_one if {
	count(service_health.deny) == 1 with input as making({"criteria": [{"category": "ServiceHealth"}]})
}

test_passes_with_both if {
	count(service_health.deny) == 0 with input as fixture.plan([alert("a", "ServiceHealth"), alert("b", "ResourceHealth")])
}
