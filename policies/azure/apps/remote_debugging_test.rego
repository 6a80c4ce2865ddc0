package terrace.azure.apps.remote_debugging_test

import data.terrace.azure.apps.remote_debugging
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_when_switched_on if {
	count(remote_debugging.deny) == 1 with input as app({"site_config": [{"remote_debugging_enabled": true}]})
}

test_fails_when_unknown if {
	count(remote_debugging.deny) == 1 with input as fixture.unknowns("azurerm_linux_web_app", {}, {"site_config": [{"remote_debugging_enabled": true}]})
}

test_passes_with_the_default if {
	count(remote_debugging.deny) == 0 with input as app({})
}

test_passes_when_switched_off if {
	count(remote_debugging.deny) == 0 with input as app({"site_config": [{"remote_debugging_enabled": false}]})
}
