package terrace.terraform.lifecycle.forgotten_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.forgotten

test_fails_when_forgotten if {
	count(forgotten.deny) == 1 with input as fixture.plan([fixture.change("azurerm_subnet", "a", ["forget"], {}, null, {})])
}

test_passes_when_kept if {
	count(forgotten.deny) == 0 with input as fixture.creates("azurerm_subnet", {})
}
