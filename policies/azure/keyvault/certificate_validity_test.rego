package terrace.azure.keyvault.certificate_validity_test

import data.terrace.azure.keyvault.certificate_validity
import data.terrace.lib.fixture

certificate(values) := fixture.creates("azurerm_key_vault_certificate", values)

test_fails_for_two_years if {
	count(certificate_validity.deny) == 1 with input as certificate({"certificate_policy": [{"x509_certificate_properties": [{"validity_in_months": 24}]}]})
}

test_passes_for_a_year if {
	count(certificate_validity.deny) == 0 with input as certificate({"certificate_policy": [{"x509_certificate_properties": [{"validity_in_months": 12}]}]})
}

test_passes_when_imported if {
	count(certificate_validity.deny) == 0 with input as certificate({})
}
