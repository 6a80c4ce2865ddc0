package terrace.azure.aks.authorized_ranges_test

import data.terrace.azure.aks.authorized_ranges
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_without if {
	count(authorized_ranges.deny) == 1 with input as cluster({})
}

test_fails_with_every_address if {
	count(authorized_ranges.deny) == 1 with input as cluster({"api_server_access_profile": [{"authorized_ip_ranges": ["0.0.0.0/0"]}]})
}

test_fails_with_an_empty_list if {
	count(authorized_ranges.deny) == 1 with input as cluster({"api_server_access_profile": [{"authorized_ip_ranges": []}]})
}

test_passes_with_names if {
	count(authorized_ranges.deny) == 0 with input as cluster({"api_server_access_profile": [{"authorized_ip_ranges": ["192.0.2.0/24"]}]})
}

test_passes_with_names_in_azurerm_3 if {
	count(authorized_ranges.deny) == 0 with input as cluster({"api_server_authorized_ip_ranges": ["192.0.2.0/24"]})
}

test_passes_when_private if {
	count(authorized_ranges.deny) == 0 with input as cluster({"private_cluster_enabled": true})
}
