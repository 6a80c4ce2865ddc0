package terrace.azure.apps.http2_test

import data.terrace.azure.apps.http2
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_the_default if {
	count(http2.deny) == 1 with input as app({})
}

test_fails_when_switched_off if {
	count(http2.deny) == 1 with input as app({"site_config": [{"http2_enabled": false}]})
}

test_passes_when_switched_on if {
	count(http2.deny) == 0 with input as app({"site_config": [{"http2_enabled": true}]})
}
