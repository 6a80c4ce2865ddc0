package terrace.azure.container.app_external_test

import data.terrace.azure.container.app_external
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_container_app", values)

test_fails_when_external if {
	count(app_external.deny) == 1 with input as app({"ingress": [{"external_enabled": true}]})
}

test_passes_when_internal if {
	count(app_external.deny) == 0 with input as app({"ingress": [{"external_enabled": false}]})
}

test_passes_with_names if {
	count(app_external.deny) == 0 with input as app({"ingress": [{"external_enabled": true, "ip_security_restriction": [{"action": "Allow", "ip_address_range": "192.0.2.0/24", "name": "office"}]}]})
}
