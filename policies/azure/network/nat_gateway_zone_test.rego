package terrace.azure.network.nat_gateway_zone_test

import data.terrace.azure.network.nat_gateway_zone
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_nat_gateway", values)

test_fails_without_a_zone if {
	count(nat_gateway_zone.deny) == 1 with input as gateway({})
}

test_passes_with_a_zone if {
	count(nat_gateway_zone.deny) == 0 with input as gateway({"zones": ["1"]})
}

test_passes_over_all_zones if {
	count(nat_gateway_zone.deny) == 0 with input as gateway({"sku_name": "StandardV2"})
}
