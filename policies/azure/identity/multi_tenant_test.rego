package terrace.azure.identity.multi_tenant_test

import data.terrace.azure.identity.multi_tenant
import data.terrace.lib.fixture

making(values) := fixture.creates("azuread_application", values)

test_fails_for_many if {
	count(multi_tenant.deny) == 1 with input as making({"sign_in_audience": "AzureADMultipleOrgs"})
}

test_passes_by_default if {
	count(multi_tenant.deny) == 0 with input as making({})
}

test_passes_for_one if {
	count(multi_tenant.deny) == 0 with input as making({"sign_in_audience": "AzureADMyOrg"})
}
