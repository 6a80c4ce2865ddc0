package terrace.azure.apps.ftps_test

import data.terrace.azure.apps.ftps
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_when_all_is_allowed if {
	count(ftps.deny) == 1 with input as app({"site_config": [{"ftps_state": "AllAllowed"}]})
}

test_fails_with_the_default_of_old_types if {
	count(ftps.deny) == 1 with input as fixture.creates("azurerm_app_service", {})
}

test_fails_when_unknown if {
	count(ftps.deny) == 1 with input as fixture.unknowns("azurerm_linux_web_app", {}, {"site_config": [{"ftps_state": true}]})
}

test_passes_when_disabled if {
	count(ftps.deny) == 0 with input as app({"site_config": [{"ftps_state": "Disabled"}]})
}

test_passes_with_ftps_alone if {
	count(ftps.deny) == 0 with input as app({"site_config": [{"ftps_state": "FtpsOnly"}]})
}

test_passes_with_the_default if {
	count(ftps.deny) == 0 with input as app({})
}
