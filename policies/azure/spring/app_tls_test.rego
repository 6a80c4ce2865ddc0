package terrace.azure.spring.app_tls_test

import data.terrace.azure.spring.app_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_app", values)

test_fails_by_default if {
	count(app_tls.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(app_tls.deny) == 1 with input as making({"tls_enabled": false})
}

test_passes_when_it_is_on if {
	count(app_tls.deny) == 0 with input as making({"tls_enabled": true})
}

test_fails_until_it_is_known if {
	count(app_tls.deny) == 1 with input as fixture.unknowns("azurerm_spring_cloud_app", {}, {"tls_enabled": true})
}
