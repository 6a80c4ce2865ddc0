package terrace.azure.frontdoor.certificate_check_test

import data.terrace.azure.frontdoor.certificate_check
import data.terrace.lib.fixture

origin(values) := fixture.creates("azurerm_cdn_frontdoor_origin", values)

test_fails_when_switched_off if {
	count(certificate_check.deny) == 1 with input as origin({"certificate_name_check_enabled": false})
}

test_passes_when_switched_on if {
	count(certificate_check.deny) == 0 with input as origin({"certificate_name_check_enabled": true})
}
