package terrace.azure.monitor.insights_ip_masking_test

import data.terrace.azure.monitor.insights_ip_masking
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_application_insights", values)

test_passes_by_default if {
	count(insights_ip_masking.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(insights_ip_masking.deny) == 1 with input as making({"ip_masking_enabled": false})
}

test_passes_when_it_is_on if {
	count(insights_ip_masking.deny) == 0 with input as making({"ip_masking_enabled": true})
}

test_fails_until_it_is_known if {
	count(insights_ip_masking.deny) == 1 with input as fixture.unknowns("azurerm_application_insights", {}, {"ip_masking_enabled": true})
}
