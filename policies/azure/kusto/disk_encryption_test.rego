package terrace.azure.kusto.disk_encryption_test

import data.terrace.azure.kusto.disk_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

test_fails_by_default if {
	count(disk_encryption.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(disk_encryption.deny) == 1 with input as making({"disk_encryption_enabled": false})
}

test_passes_when_it_is_on if {
	count(disk_encryption.deny) == 0 with input as making({"disk_encryption_enabled": true})
}

test_fails_by_an_older_name if {
	count(disk_encryption.deny) == 1 with input as making({"enable_disk_encryption": false})
}

test_passes_by_an_older_name if {
	count(disk_encryption.deny) == 0 with input as making({"enable_disk_encryption": true})
}

test_fails_until_it_is_known if {
	count(disk_encryption.deny) == 1 with input as fixture.unknowns("azurerm_kusto_cluster", {}, {"disk_encryption_enabled": true})
}
