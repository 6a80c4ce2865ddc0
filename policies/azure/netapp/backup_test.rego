package terrace.azure.netapp.backup_test

import data.terrace.azure.netapp.backup
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_without if {
	count(backup.deny) == 1 with input as making({})
}

test_passes_with if {
	count(backup.deny) == 0 with input as making({"data_protection_backup_policy": [{"backup_policy_id": "/p"}]})
}

test_passes_with_what_is_made_now if {
	count(backup.deny) == 0 with input as fixture.unknowns("azurerm_netapp_volume", {}, {"data_protection_backup_policy": true})
}
