package terrace.azure.postgres.auto_grow_test

import data.terrace.azure.postgres.auto_grow
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_flexible_server", values)

test_fails_by_default if {
	count(auto_grow.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(auto_grow.deny) == 1 with input as making({"auto_grow_enabled": false})
}

test_passes_when_it_is_on if {
	count(auto_grow.deny) == 0 with input as making({"auto_grow_enabled": true})
}

test_fails_until_it_is_known if {
	count(auto_grow.deny) == 1 with input as fixture.unknowns("azurerm_postgresql_flexible_server", {}, {"auto_grow_enabled": true})
}
