package terrace.azure.apps.always_on_test

import data.terrace.azure.apps.always_on
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_when_switched_off if {
	count(always_on.deny) == 1 with input as app({"site_config": [{"always_on": false}]})
}

test_fails_with_the_default_of_old_types if {
	count(always_on.deny) == 1 with input as fixture.creates("azurerm_app_service", {"site_config": [{}]})
}

test_passes_with_the_default if {
	count(always_on.deny) == 0 with input as app({})
}

test_passes_when_switched_on if {
	count(always_on.deny) == 0 with input as app({"site_config": [{"always_on": true}]})
}
