package terrace.azure.eventhub.capture_identity_test

import data.terrace.azure.eventhub.capture_identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_eventhub", values)

test_fails_by_default if {
	count(capture_identity.deny) == 1 with input as making({"capture_description": [{"enabled": true}]})
}

test_fails_when_it_is_storagesas if {
	count(capture_identity.deny) == 1 with input as making({"capture_description": [{"enabled": true, "destination": [{"storage_authentication_type": "StorageSAS"}]}]})
}

test_passes_when_it_is_systemassigned if {
	count(capture_identity.deny) == 0 with input as making({"capture_description": [{"enabled": true, "destination": [{"storage_authentication_type": "SystemAssigned"}]}]})
}

test_passes_when_it_is_userassigned if {
	count(capture_identity.deny) == 0 with input as making({"capture_description": [{"enabled": true, "destination": [{"storage_authentication_type": "UserAssigned"}]}]})
}

test_passes_what_it_is_not_for if {
	count(capture_identity.deny) == 0 with input as making({})
}

test_fails_until_it_is_known if {
	count(capture_identity.deny) == 1 with input as fixture.unknowns("azurerm_eventhub", {"capture_description": [{"enabled": true}]}, {"capture_description": [{"destination": [{"storage_authentication_type": true}]}]})
}
