package terrace.azure.apim.client_certificates_test

import data.terrace.azure.apim.client_certificates
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_with_the_default if {
	count(client_certificates.deny) == 1 with input as gateway({"sku_name": "Consumption"})
}

test_fails_when_switched_off if {
	count(client_certificates.deny) == 1 with input as gateway({"sku_name": "Consumption_0", "client_certificate_enabled": false})
}

test_passes_when_switched_on if {
	count(client_certificates.deny) == 0 with input as gateway({"sku_name": "Consumption_0", "client_certificate_enabled": true})
}

test_passes_of_another_tier if {
	count(client_certificates.deny) == 0 with input as gateway({"sku_name": "Premium_1"})
}
