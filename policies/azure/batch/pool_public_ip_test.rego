package terrace.azure.batch.pool_public_ip_test

import data.terrace.azure.batch.pool_public_ip
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_batch_pool", values)

test_fails_by_default if {
	count(pool_public_ip.deny) == 1 with input as making({})
}

test_passes_without if {
	count(pool_public_ip.deny) == 0 with input as making({"network_configuration": [{"public_address_provisioning_type": "NoPublicIPAddresses"}]})
}
