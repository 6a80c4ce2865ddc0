package terrace.azure.servicebus.min_tls_test

import data.terrace.azure.servicebus.min_tls
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

test_passes_by_default if {
	count(min_tls.deny) == 0 with input as making({})
}

test_fails_when_it_is_1_0 if {
	count(min_tls.deny) == 1 with input as making({"minimum_tls_version": "1.0"})
}

test_passes_when_it_is_1_2 if {
	count(min_tls.deny) == 0 with input as making({"minimum_tls_version": "1.2"})
}

test_passes_when_it_is_1_3 if {
	count(min_tls.deny) == 0 with input as making({"minimum_tls_version": "1.3"})
}

test_fails_until_it_is_known if {
	count(min_tls.deny) == 1 with input as fixture.unknowns("azurerm_servicebus_namespace", {}, {"minimum_tls_version": true})
}
