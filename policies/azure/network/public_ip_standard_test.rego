package terrace.azure.network.public_ip_standard_test

import data.terrace.azure.network.public_ip_standard
import data.terrace.lib.fixture

address(values) := fixture.creates("azurerm_public_ip", values)

test_fails_of_the_basic_kind if {
	count(public_ip_standard.deny) == 1 with input as address({"sku": "Basic"})
}

test_passes_of_the_standard_kind if {
	count(public_ip_standard.deny) == 0 with input as address({"sku": "Standard"})
}

test_passes_with_the_default if {
	count(public_ip_standard.deny) == 0 with input as address({})
}
