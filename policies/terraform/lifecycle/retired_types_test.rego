package terrace.terraform.lifecycle.retired_types_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.retired_types

test_fails_for_a_retired_one if {
	count(retired_types.deny) == 1 with input as fixture.creates("azurerm_app_service", {})
}

test_passes_for_a_living_one if {
	count(retired_types.deny) == 0 with input as fixture.creates("azurerm_linux_web_app", {})
}
