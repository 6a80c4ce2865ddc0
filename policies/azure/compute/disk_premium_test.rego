package terrace.azure.compute.disk_premium_test

import data.terrace.azure.compute.disk_premium
import data.terrace.lib.fixture

disk(values) := fixture.creates("azurerm_managed_disk", values)

test_fails_when_standard if {
	count(disk_premium.deny) == 1 with input as disk({"storage_account_type": "Standard_LRS"})
}

test_fails_when_unknown if {
	count(disk_premium.deny) == 1 with input as fixture.unknowns("azurerm_managed_disk", {}, {"storage_account_type": true})
}

test_passes_when_premium if {
	count(disk_premium.deny) == 0 with input as disk({"storage_account_type": "Premium_LRS"})
}

test_passes_when_ultra if {
	count(disk_premium.deny) == 0 with input as disk({"storage_account_type": "UltraSSD_LRS"})
}
