package terrace.azure.sql.zones_test

import data.terrace.azure.sql.zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_database", values)

test_fails_by_default if {
	count(zones.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(zones.deny) == 1 with input as making({"zone_redundant": false})
}

test_passes_when_it_is_on if {
	count(zones.deny) == 0 with input as making({"zone_redundant": true})
}

test_passes_what_it_is_not_for if {
	count(zones.deny) == 0 with input as making({"elastic_pool_id": "/pools/a"})
}

test_fails_until_it_is_known if {
	count(zones.deny) == 1 with input as fixture.unknowns("azurerm_mssql_database", {}, {"zone_redundant": true})
}
