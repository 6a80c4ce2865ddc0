package terrace.azure.apps.authentication_test

import data.terrace.azure.apps.authentication
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(authentication.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(authentication.deny) == 1 with input as app({"auth_settings": [{"enabled": false}]})
}

test_fails_when_switched_off_in_azurerm_4 if {
	count(authentication.deny) == 1 with input as app({"auth_settings_v2": [{"auth_enabled": false}]})
}

test_passes_when_switched_on if {
	count(authentication.deny) == 0 with input as app({"auth_settings": [{"enabled": true}]})
}

test_passes_when_switched_on_in_azurerm_4 if {
	count(authentication.deny) == 0 with input as app({"auth_settings_v2": [{"auth_enabled": true}]})
}
