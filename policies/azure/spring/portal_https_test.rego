package terrace.azure.spring.portal_https_test

import data.terrace.azure.spring.portal_https
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_api_portal", values)

test_fails_by_default if {
	count(portal_https.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(portal_https.deny) == 1 with input as making({"https_only_enabled": false})
}

test_passes_when_it_is_on if {
	count(portal_https.deny) == 0 with input as making({"https_only_enabled": true})
}

test_fails_until_it_is_known if {
	count(portal_https.deny) == 1 with input as fixture.unknowns("azurerm_spring_cloud_api_portal", {}, {"https_only_enabled": true})
}
