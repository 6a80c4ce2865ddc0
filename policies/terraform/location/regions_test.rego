package terrace.terraform.location.regions_test

import data.terrace.lib.fixture
import data.terrace.terraform.location.regions

test_fails_elsewhere if {
	count(regions.deny) == 1 with input as fixture.creates("azurerm_resource_group", {"location": "West US"}) with data.settings as {"regions": ["westeurope"]}
}

test_passes_there if {
	count(regions.deny) == 0 with input as fixture.creates("azurerm_resource_group", {"location": "West Europe"}) with data.settings as {"regions": ["westeurope"]}
}

test_passes_what_is_everywhere if {
	count(regions.deny) == 0 with input as fixture.creates("azurerm_dns_zone", {"location": "global"}) with data.settings as {"regions": ["westeurope"]}
}

test_passes_anywhere_when_nothing_is_set if {
	count(regions.deny) == 0 with input as fixture.creates("azurerm_resource_group", {"location": "West US"})
}
