package terrace.azure.storage.geo_redundancy_test

import data.terrace.azure.storage.geo_redundancy
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_in_one_zone if {
	count(geo_redundancy.deny) == 1 with input as account({"account_replication_type": "LRS"})
}

test_fails_in_one_region if {
	count(geo_redundancy.deny) == 1 with input as account({"account_replication_type": "ZRS"})
}

test_passes_across_regions if {
	count(geo_redundancy.deny) == 0 with input as account({"account_replication_type": "GRS"})
}

test_passes_across_zones_and_regions if {
	count(geo_redundancy.deny) == 0 with input as account({"account_replication_type": "RAGZRS"})
}
