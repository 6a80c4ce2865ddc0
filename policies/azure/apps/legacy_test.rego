package terrace.azure.apps.legacy_test

import data.terrace.azure.apps.legacy
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_app_service", values)

test_fails_for_an_app if {
	count(legacy.deny) == 1 with input as app({})
}

test_fails_for_a_plan if {
	count(legacy.deny) == 1 with input as fixture.creates("azurerm_app_service_plan", {})
}

test_passes_for_a_present_type if {
	count(legacy.deny) == 0 with input as fixture.creates("azurerm_linux_web_app", {})
}
