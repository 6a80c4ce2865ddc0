package terrace.azure.mysql.maintenance_window_test

import data.terrace.azure.mysql.maintenance_window
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

test_fails_without if {
	count(maintenance_window.deny) == 1 with input as making({})
}

test_passes_with if {
	count(maintenance_window.deny) == 0 with input as making({"maintenance_window": [{"day_of_week": 1}]})
}

test_passes_with_what_is_made_now if {
	count(maintenance_window.deny) == 0 with input as fixture.unknowns("azurerm_mysql_flexible_server", {}, {"maintenance_window": true})
}
