package terrace.azure.network.traffic_manager_https_test

import data.terrace.azure.network.traffic_manager_https
import data.terrace.lib.fixture

profile(values) := fixture.creates("azurerm_traffic_manager_profile", values)

test_fails_with_plain_http if {
	count(traffic_manager_https.deny) == 1 with input as profile({"monitor_config": [{"protocol": "HTTP"}]})
}

test_passes_with_https if {
	count(traffic_manager_https.deny) == 0 with input as profile({"monitor_config": [{"protocol": "HTTPS"}]})
}

test_passes_with_tcp if {
	count(traffic_manager_https.deny) == 0 with input as profile({"monitor_config": [{"protocol": "TCP"}]})
}
