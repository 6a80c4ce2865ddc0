package terrace.azure.compute.disk_zone_redundant_test

import data.terrace.azure.compute.disk_zone_redundant
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_in_one_zone if {
	count(disk_zone_redundant.deny) == 1 with input as disk({"storage_account_type": "Premium_LRS"})
}

test_passes_across_zones if {
	count(disk_zone_redundant.deny) == 0 with input as disk({"storage_account_type": "Premium_ZRS"})
}
