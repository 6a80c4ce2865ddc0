package terrace.azure.servicebus.double_encryption_test

import data.terrace.azure.servicebus.double_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace", values)

test_fails_by_default if {
	count(double_encryption.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(double_encryption.deny) == 1 with input as making({"customer_managed_key": [{"infrastructure_encryption_enabled": false}]})
}

test_passes_when_it_is_on if {
	count(double_encryption.deny) == 0 with input as making({"customer_managed_key": [{"infrastructure_encryption_enabled": true}]})
}

test_fails_until_it_is_known if {
	count(double_encryption.deny) == 1 with input as fixture.unknowns("azurerm_servicebus_namespace", {}, {"customer_managed_key": [{"infrastructure_encryption_enabled": true}]})
}
