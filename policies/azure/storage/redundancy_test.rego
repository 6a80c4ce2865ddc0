package terrace.azure.storage.redundancy_test

import data.terrace.azure.storage.redundancy
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_in_one_zone if {
	count(redundancy.deny) == 1 with input as account({"account_replication_type": "LRS"})
}

test_fails_when_unknown if {
	count(redundancy.deny) == 1 with input as fixture.unknowns("azurerm_storage_account", {}, {"account_replication_type": true})
}

test_passes_across_zones if {
	count(redundancy.deny) == 0 with input as account({"account_replication_type": "ZRS"})
}

test_passes_across_regions if {
	count(redundancy.deny) == 0 with input as account({"account_replication_type": "GRS"})
}
