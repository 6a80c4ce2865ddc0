package terrace.azure.apps.min_tls_test

import data.terrace.azure.apps.min_tls
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_tls_1_0 if {
	count(min_tls.deny) == 1 with input as app({"site_config": [{"minimum_tls_version": "1.0"}]})
}

test_fails_with_tls_1_1_in_azurerm_2 if {
	count(min_tls.deny) == 1 with input as fixture.creates("azurerm_app_service", {"site_config": [{"min_tls_version": "1.1"}]})
}

test_fails_when_unknown if {
	count(min_tls.deny) == 1 with input as fixture.unknowns("azurerm_linux_web_app", {}, {"site_config": [{"minimum_tls_version": true}]})
}

test_passes_with_the_default if {
	count(min_tls.deny) == 0 with input as app({})
}

test_passes_with_tls_1_2 if {
	count(min_tls.deny) == 0 with input as app({"site_config": [{"minimum_tls_version": "1.2"}]})
}

test_passes_with_tls_1_3 if {
	count(min_tls.deny) == 0 with input as app({"site_config": [{"minimum_tls_version": "1.3"}]})
}
