package terrace.azure.storage.https_only_test

import data.terrace.azure.storage.https_only
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_with_plain_http_in_azurerm_3 if {
	count(https_only.deny) == 1 with input as account({"enable_https_traffic_only": false})
}

test_fails_when_unknown if {
	count(https_only.deny) == 1 with input as fixture.unknowns("azurerm_storage_account", {}, {"https_traffic_only_enabled": true})
}

test_passes_with_https if {
	count(https_only.deny) == 0 with input as account({"https_traffic_only_enabled": true})
}

test_passes_with_the_default if {
	count(https_only.deny) == 0 with input as account({})
}

test_fails_with_plain_http if {
	some result in https_only.deny with input as account({"https_traffic_only_enabled": false})
	result.address == "azurerm_storage_account.this"
	result.attribute == "https_traffic_only_enabled"
}
