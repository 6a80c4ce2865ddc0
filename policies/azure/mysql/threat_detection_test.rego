package terrace.azure.mysql.threat_detection_test

import data.terrace.azure.mysql.threat_detection
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_server", values)

test_fails_by_default if {
	count(threat_detection.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(threat_detection.deny) == 1 with input as making({"threat_detection_policy": [{"enabled": false}]})
}

test_passes_when_it_is_on if {
	count(threat_detection.deny) == 0 with input as making({"threat_detection_policy": [{"enabled": true}]})
}

test_fails_until_it_is_known if {
	count(threat_detection.deny) == 1 with input as fixture.unknowns("azurerm_mysql_server", {}, {"threat_detection_policy": [{"enabled": true}]})
}
