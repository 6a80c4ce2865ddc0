package terrace.azure.spring.portal_public_test

import data.terrace.azure.spring.portal_public
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_api_portal", values)

test_passes_by_default if {
	count(portal_public.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(portal_public.deny) == 1 with input as making({"public_network_access_enabled": true})
}

test_passes_when_it_is_off if {
	count(portal_public.deny) == 0 with input as making({"public_network_access_enabled": false})
}

test_fails_until_it_is_known if {
	count(portal_public.deny) == 1 with input as fixture.unknowns("azurerm_spring_cloud_api_portal", {}, {"public_network_access_enabled": true})
}
