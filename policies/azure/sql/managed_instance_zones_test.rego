package terrace.azure.sql.managed_instance_zones_test

import data.terrace.azure.sql.managed_instance_zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_managed_instance", values)

test_fails_by_default if {
	count(managed_instance_zones.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(managed_instance_zones.deny) == 1 with input as making({"zone_redundant_enabled": false})
}

test_passes_when_it_is_on if {
	count(managed_instance_zones.deny) == 0 with input as making({"zone_redundant_enabled": true})
}

test_fails_until_it_is_known if {
	count(managed_instance_zones.deny) == 1 with input as fixture.unknowns("azurerm_mssql_managed_instance", {}, {"zone_redundant_enabled": true})
}
