package terrace.azure.network.gateway_zonal_sku_test

import data.terrace.azure.network.gateway_zonal_sku
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_virtual_network_gateway", values)

test_fails_of_the_basic_kind if {
	count(gateway_zonal_sku.deny) == 1 with input as gateway({"sku": "Basic"})
}

test_fails_without_zones if {
	count(gateway_zonal_sku.deny) == 1 with input as gateway({"sku": "VpnGw1"})
}

test_fails_when_unknown if {
	count(gateway_zonal_sku.deny) == 1 with input as fixture.unknowns("azurerm_virtual_network_gateway", {}, {"sku": true})
}

test_passes_for_vpn if {
	count(gateway_zonal_sku.deny) == 0 with input as gateway({"sku": "VpnGw2AZ"})
}

test_passes_for_express_route if {
	count(gateway_zonal_sku.deny) == 0 with input as gateway({"sku": "ErGw1AZ"})
}
