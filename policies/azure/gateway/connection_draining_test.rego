package terrace.azure.gateway.connection_draining_test

import data.terrace.azure.gateway.connection_draining
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without if {
	count(connection_draining.deny) == 1 with input as gateway({"backend_http_settings": [{"name": "a"}]})
}

test_fails_when_switched_off if {
	count(connection_draining.deny) == 1 with input as gateway({"backend_http_settings": [{"connection_draining": [{"enabled": false}]}]})
}

test_passes_when_switched_on if {
	count(connection_draining.deny) == 0 with input as gateway({"backend_http_settings": [{"connection_draining": [{"enabled": true, "drain_timeout_sec": 60}]}]})
}

test_passes_without_settings if {
	count(connection_draining.deny) == 0 with input as gateway({})
}
