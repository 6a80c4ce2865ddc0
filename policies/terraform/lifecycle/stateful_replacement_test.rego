package terrace.terraform.lifecycle.stateful_replacement_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.stateful_replacement

test_fails_for_a_database if {
	count(stateful_replacement.deny) == 1 with input as fixture.replaces("azurerm_mysql_flexible_server", {})
}

test_passes_for_what_holds_nothing if {
	count(stateful_replacement.deny) == 0 with input as fixture.replaces("azurerm_network_security_group", {})
}

test_passes_for_a_new_database if {
	count(stateful_replacement.deny) == 0 with input as fixture.creates("azurerm_mysql_flexible_server", {})
}
