package terrace.azure.netapp.network_features_test

import data.terrace.azure.netapp.network_features
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_by_default if {
	count(network_features.deny) == 1 with input as making({})
}

test_fails_when_it_is_basic if {
	count(network_features.deny) == 1 with input as making({"network_features": "Basic"})
}

test_passes_when_it_is_standard if {
	count(network_features.deny) == 0 with input as making({"network_features": "Standard"})
}

test_fails_until_it_is_known if {
	count(network_features.deny) == 1 with input as fixture.unknowns("azurerm_netapp_volume", {}, {"network_features": true})
}
