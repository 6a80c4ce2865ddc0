package terrace.azure.sql.managed_instance_public_endpoint_test

import data.terrace.azure.sql.managed_instance_public_endpoint
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_managed_instance", values)

test_passes_by_default if {
	count(managed_instance_public_endpoint.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(managed_instance_public_endpoint.deny) == 1 with input as making({"public_data_endpoint_enabled": true})
}

test_passes_when_it_is_off if {
	count(managed_instance_public_endpoint.deny) == 0 with input as making({"public_data_endpoint_enabled": false})
}

test_fails_until_it_is_known if {
	count(managed_instance_public_endpoint.deny) == 1 with input as fixture.unknowns("azurerm_mssql_managed_instance", {}, {"public_data_endpoint_enabled": true})
}
