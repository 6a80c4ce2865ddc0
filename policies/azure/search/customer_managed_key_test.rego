package terrace.azure.search.customer_managed_key_test

import data.terrace.azure.search.customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_search_service", values)

test_fails_by_default if {
	count(customer_managed_key.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(customer_managed_key.deny) == 1 with input as making({"customer_managed_key_enforcement_enabled": false})
}

test_passes_when_it_is_on if {
	count(customer_managed_key.deny) == 0 with input as making({"customer_managed_key_enforcement_enabled": true})
}

test_fails_until_it_is_known if {
	count(customer_managed_key.deny) == 1 with input as fixture.unknowns("azurerm_search_service", {}, {"customer_managed_key_enforcement_enabled": true})
}
