package terrace.azure.identity.implicit_grant_test

import data.terrace.azure.identity.implicit_grant
import data.terrace.lib.fixture

making(values) := fixture.creates("azuread_application", values)

test_fails_when_on if {
	count(implicit_grant.deny) == 1 with input as making({"web": [{"implicit_grant": [{"access_token_issuance_enabled": true}]}]})
}

test_passes_by_default if {
	count(implicit_grant.deny) == 0 with input as making({})
}
