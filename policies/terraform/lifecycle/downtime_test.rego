package terrace.terraform.lifecycle.downtime_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.downtime

test_fails_when_destroyed_first if {
	count(downtime.deny) == 1 with input as fixture.replaces("azurerm_lb", {})
}

test_passes_when_made_first if {
	count(downtime.deny) == 0 with input as fixture.plan([fixture.change("azurerm_lb", "a", ["create", "delete"], {}, {}, {})])
}
