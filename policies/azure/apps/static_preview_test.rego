package terrace.azure.apps.static_preview_test

import data.terrace.azure.apps.static_preview
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_static_web_app", values)

test_fails_with_the_default if {
	count(static_preview.deny) == 1 with input as app({})
}

test_passes_when_switched_off if {
	count(static_preview.deny) == 0 with input as app({"preview_environments_enabled": false})
}
