package terrace.azure.apim.min_tls_test

import data.terrace.azure.apim.min_tls
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_with_tls_1_0 if {
	count(min_tls.deny) == 1 with input as gateway({"security": [{"frontend_tls10_enabled": true}]})
}

test_fails_with_tls_1_0_in_azurerm_3 if {
	count(min_tls.deny) == 1 with input as gateway({"security": [{"enable_backend_tls10": true}]})
}

test_fails_with_ssl_in_azurerm_2 if {
	count(min_tls.deny) == 1 with input as gateway({"security": [{"enable_back_end_ssl30": true}]})
}

test_passes_with_the_default if {
	count(min_tls.deny) == 0 with input as gateway({})
}

test_passes_when_all_are_off if {
	count(min_tls.deny) == 0 with input as gateway({"security": [{"frontend_tls10_enabled": false, "backend_tls10_enabled": false}]})
}
