package terrace.azure.data.stream_storage_identity_test

import data.terrace.azure.data.stream_storage_identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_stream_analytics_job", values)

test_fails_by_default if {
	count(stream_storage_identity.deny) == 1 with input as making({"job_storage_account": [{"account_name": "a"}]})
}

test_fails_when_it_is_connectionstring if {
	count(stream_storage_identity.deny) == 1 with input as making({"job_storage_account": [{"account_name": "a", "authentication_mode": "ConnectionString"}]})
}

test_passes_when_it_is_msi if {
	count(stream_storage_identity.deny) == 0 with input as making({"job_storage_account": [{"account_name": "a", "authentication_mode": "Msi"}]})
}

test_passes_what_it_is_not_for if {
	count(stream_storage_identity.deny) == 0 with input as making({})
}

test_fails_until_it_is_known if {
	count(stream_storage_identity.deny) == 1 with input as fixture.unknowns("azurerm_stream_analytics_job", {"job_storage_account": [{"account_name": "a"}]}, {"job_storage_account": [{"authentication_mode": true}]})
}
