package terrace.azure.firewall.intrusion_detection_test

import data.terrace.azure.firewall.intrusion_detection
import data.terrace.lib.fixture

policy(values) := fixture.creates("azurerm_firewall_policy", values)

test_fails_without if {
	count(intrusion_detection.deny) == 1 with input as policy({})
}

test_fails_when_it_alerts if {
	count(intrusion_detection.deny) == 1 with input as policy({"intrusion_detection": [{"mode": "Alert"}]})
}

test_passes_when_it_denies if {
	count(intrusion_detection.deny) == 0 with input as policy({"intrusion_detection": [{"mode": "Deny"}]})
}
