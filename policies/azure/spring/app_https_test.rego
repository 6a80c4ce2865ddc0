package terrace.azure.spring.app_https_test

import data.terrace.azure.spring.app_https
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_spring_cloud_app", values)

test_fails_by_default if {
	count(app_https.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(app_https.deny) == 1 with input as making({"https_only": false})
}

test_passes_when_it_is_on if {
	count(app_https.deny) == 0 with input as making({"https_only": true})
}

test_fails_until_it_is_known if {
	count(app_https.deny) == 1 with input as fixture.unknowns("azurerm_spring_cloud_app", {}, {"https_only": true})
}
