package terrace.azure.servicebus.manage_rights_test

import data.terrace.azure.servicebus.manage_rights
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_servicebus_namespace_authorization_rule", values)

test_fails_when_on if {
	count(manage_rights.deny) == 1 with input as making({"manage": true})
}

test_passes_by_default if {
	count(manage_rights.deny) == 0 with input as making({"send": true})
}
