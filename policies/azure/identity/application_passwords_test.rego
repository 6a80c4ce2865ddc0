package terrace.azure.identity.application_passwords_test

import data.terrace.azure.identity.application_passwords
import data.terrace.lib.fixture

making(values) := fixture.creates("azuread_application_password", values)

test_fails_for_a_password if {
	count(application_passwords.deny) == 1 with input as making({})
}

test_passes_for_a_federated_credential if {
	count(application_passwords.deny) == 0 with input as fixture.creates("azuread_application_federated_identity_credential", {})
}
