package terrace.azure.compute.os_disk_premium_test

import data.terrace.azure.compute.os_disk_premium
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_on_a_standard_disk if {
	count(os_disk_premium.deny) == 1 with input as machine({"os_disk": [{"storage_account_type": "Standard_LRS"}]})
}

test_fails_on_a_standard_ssd if {
	count(os_disk_premium.deny) == 1 with input as machine({"os_disk": [{"storage_account_type": "StandardSSD_LRS"}]})
}

test_passes_on_a_premium_disk if {
	count(os_disk_premium.deny) == 0 with input as machine({"os_disk": [{"storage_account_type": "Premium_LRS"}]})
}

test_passes_across_zones if {
	count(os_disk_premium.deny) == 0 with input as machine({"os_disk": [{"storage_account_type": "Premium_ZRS"}]})
}
