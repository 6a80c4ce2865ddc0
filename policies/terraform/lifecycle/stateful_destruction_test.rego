package terrace.terraform.lifecycle.stateful_destruction_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.stateful_destruction

test_fails_for_a_database if {
	count(stateful_destruction.deny) == 1 with input as fixture.destroys("azurerm_mysql_flexible_server", {})
}

test_passes_for_what_holds_nothing if {
	count(stateful_destruction.deny) == 0 with input as fixture.destroys("azurerm_network_security_group", {})
}

test_passes_for_a_new_database if {
	count(stateful_destruction.deny) == 0 with input as fixture.creates("azurerm_mysql_flexible_server", {})
}

test_passes_when_all_is_taken_away if {
	count(stateful_destruction.deny) == 0 with input as object.union(fixture.destroys("azurerm_mysql_flexible_server", {}), {"terrace": {"operation": "destroy"}})
}
