package terrace.azure.mysql.high_availability_test

import data.terrace.azure.mysql.high_availability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server", values)

test_fails_without if {
	count(high_availability.deny) == 1 with input as making({})
}

test_fails_with_an_empty_block if {
	count(high_availability.deny) == 1 with input as making({"high_availability": []})
}

test_fails_in_the_same_zone if {
	count(high_availability.deny) == 1 with input as making({"high_availability": [{"mode": "SameZone"}]})
}

test_passes_in_another_zone if {
	count(high_availability.deny) == 0 with input as making({"high_availability": [{"mode": "ZoneRedundant"}]})
}

test_passes_for_a_replica if {
	count(high_availability.deny) == 0 with input as making({"create_mode": "Replica"})
}
