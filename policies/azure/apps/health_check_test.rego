package terrace.azure.apps.health_check_test

import data.terrace.azure.apps.health_check
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(health_check.deny) == 1 with input as app({})
}

test_fails_when_empty if {
	count(health_check.deny) == 1 with input as app({"site_config": [{"health_check_path": ""}]})
}

test_passes_with if {
	count(health_check.deny) == 0 with input as app({"site_config": [{"health_check_path": "/health"}]})
}

test_passes_when_unknown if {
	count(health_check.deny) == 0 with input as fixture.unknowns("azurerm_linux_web_app", {}, {"site_config": [{"health_check_path": true}]})
}
