package terrace.azure.compute.service_fabric_directory_test

import data.terrace.azure.compute.service_fabric_directory
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_service_fabric_cluster", values)

test_fails_without if {
	count(service_fabric_directory.deny) == 1 with input as cluster({})
}

test_fails_with_an_empty_block if {
	count(service_fabric_directory.deny) == 1 with input as cluster({"azure_active_directory": [{}]})
}

test_passes_with if {
	count(service_fabric_directory.deny) == 0 with input as cluster({"azure_active_directory": [{"tenant_id": "t"}]})
}

test_passes_when_unknown if {
	count(service_fabric_directory.deny) == 0 with input as fixture.unknowns("azurerm_service_fabric_cluster", {}, {"azure_active_directory": [{"tenant_id": true}]})
}
