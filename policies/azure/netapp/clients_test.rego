package terrace.azure.netapp.clients_test

import data.terrace.azure.netapp.clients
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_for_everyone if {
	count(clients.deny) == 1 with input as making({"export_policy_rule": [{"allowed_clients": ["0.0.0.0/0"]}]})
}

test_passes_for_named_ones if {
	count(clients.deny) == 0 with input as making({"export_policy_rule": [{"allowed_clients": ["10.0.0.0/24"]}]})
}

test_passes_without if {
	count(clients.deny) == 0 with input as making({})
}
