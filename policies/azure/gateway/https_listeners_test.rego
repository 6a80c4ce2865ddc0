package terrace.azure.gateway.https_listeners_test

import data.terrace.azure.gateway.https_listeners
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_with_plain_http if {
	count(https_listeners.deny) == 1 with input as gateway({"http_listener": [{"name": "a", "protocol": "Http"}]})
}

test_fails_beside_https if {
	count(https_listeners.deny) == 1 with input as gateway({"http_listener": [{"name": "a", "protocol": "Https"}, {"name": "b", "protocol": "Http"}]})
}

test_passes_with_https if {
	count(https_listeners.deny) == 0 with input as gateway({"http_listener": [{"name": "a", "protocol": "Https"}]})
}

test_passes_when_it_redirects if {
	count(https_listeners.deny) == 0 with input as gateway({"http_listener": [{"name": "a", "protocol": "Http"}], "request_routing_rule": [{"http_listener_name": "a", "redirect_configuration_name": "r"}]})
}
