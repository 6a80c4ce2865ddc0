package terrace.azure.sql.outbound_restriction_test

import data.terrace.azure.sql.outbound_restriction
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server", values)

test_fails_by_default if {
	count(outbound_restriction.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(outbound_restriction.deny) == 1 with input as making({"outbound_network_restriction_enabled": false})
}

test_passes_when_it_is_on if {
	count(outbound_restriction.deny) == 0 with input as making({"outbound_network_restriction_enabled": true})
}

test_fails_until_it_is_known if {
	count(outbound_restriction.deny) == 1 with input as fixture.unknowns("azurerm_mssql_server", {}, {"outbound_network_restriction_enabled": true})
}
