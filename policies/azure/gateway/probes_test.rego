package terrace.azure.gateway.probes_test

import data.terrace.azure.gateway.probes
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without_probes if {
	count(probes.deny) == 1 with input as gateway({})
}

test_fails_with_settings_that_name_none if {
	count(probes.deny) == 1 with input as gateway({"probe": [{"name": "p"}], "backend_http_settings": [{"name": "a", "probe_name": ""}]})
}

test_passes_with_a_probe if {
	count(probes.deny) == 0 with input as gateway({"probe": [{"name": "p"}], "backend_http_settings": [{"name": "a", "probe_name": "p"}]})
}
