package terrace.azure.netapp.replication_test

import data.terrace.azure.netapp.replication
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_without if {
	count(replication.deny) == 1 with input as making({})
}

test_passes_with if {
	count(replication.deny) == 0 with input as making({"data_protection_replication": [{"remote_volume_resource_id": "/v"}]})
}

test_passes_with_what_is_made_now if {
	count(replication.deny) == 0 with input as fixture.unknowns("azurerm_netapp_volume", {}, {"data_protection_replication": true})
}
