package terrace.azure.apim.backend_certificates_test

import data.terrace.azure.apim.backend_certificates
import data.terrace.lib.fixture

backend(values) := fixture.creates("azurerm_api_management_backend", values)

test_fails_when_switched_off if {
	count(backend_certificates.deny) == 1 with input as backend({"tls": [{"validate_certificate_chain": false, "validate_certificate_name": true}]})
}

test_passes_with_the_default if {
	count(backend_certificates.deny) == 0 with input as backend({})
}

test_passes_when_switched_on if {
	count(backend_certificates.deny) == 0 with input as backend({"tls": [{"validate_certificate_chain": true, "validate_certificate_name": true}]})
}
