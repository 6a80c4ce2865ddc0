package terrace.azure.apps.client_certificates_test

import data.terrace.azure.apps.client_certificates
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_the_default if {
	count(client_certificates.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(client_certificates.deny) == 1 with input as app({"client_certificate_enabled": false})
}

test_passes_when_switched_on if {
	count(client_certificates.deny) == 0 with input as app({"client_certificate_enabled": true})
}

test_passes_when_switched_on_in_azurerm_2 if {
	count(client_certificates.deny) == 0 with input as fixture.creates("azurerm_app_service", {"client_cert_enabled": true})
}
