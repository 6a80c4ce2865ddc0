package terrace.azure.compute.service_fabric_protection_test

import data.terrace.azure.compute.service_fabric_protection
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_service_fabric_cluster", values)

test_fails_without if {
	count(service_fabric_protection.deny) == 1 with input as cluster({})
}

test_fails_when_it_signs_alone if {
	count(service_fabric_protection.deny) == 1 with input as cluster({"fabric_settings": [{"name": "Security", "parameters": {"ClusterProtectionLevel": "Sign"}}]})
}

test_passes_with_both if {
	count(service_fabric_protection.deny) == 0 with input as cluster({"fabric_settings": [{"name": "Security", "parameters": {"ClusterProtectionLevel": "EncryptAndSign"}}]})
}

test_passes_with_both_by_name if {
	count(service_fabric_protection.deny) == 0 with input as cluster({"fabric_settings": [{"name": "Security", "parameters": {"name": "ClusterProtectionLevel", "value": "EncryptAndSign"}}]})
}
