package terrace.azure.apps.https_only_test

import data.terrace.azure.apps.https_only
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_the_default if {
	count(https_only.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(https_only.deny) == 1 with input as app({"https_only": false})
}

test_fails_when_signing_in_does_not if {
	count(https_only.deny) == 1 with input as app({"https_only": true, "auth_settings_v2": [{"require_https": false}]})
}

test_fails_for_a_function if {
	count(https_only.deny) == 1 with input as fixture.creates("azurerm_linux_function_app", {})
}

test_passes_when_switched_on if {
	count(https_only.deny) == 0 with input as app({"https_only": true})
}

test_passes_for_a_slot if {
	count(https_only.deny) == 0 with input as fixture.creates("azurerm_windows_web_app_slot", {"https_only": true})
}
