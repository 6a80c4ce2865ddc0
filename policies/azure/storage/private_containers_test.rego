package terrace.azure.storage.private_containers_test

import data.terrace.azure.storage.private_containers
import data.terrace.lib.fixture

container(values) := fixture.creates("azurerm_storage_container", values)

test_fails_with_public_blobs if {
	count(private_containers.deny) == 1 with input as container({"container_access_type": "blob"})
}

test_fails_with_public_listing if {
	count(private_containers.deny) == 1 with input as container({"container_access_type": "container"})
}

test_fails_when_unknown if {
	count(private_containers.deny) == 1 with input as fixture.unknowns("azurerm_storage_container", {}, {"container_access_type": true})
}

test_passes_when_private if {
	count(private_containers.deny) == 0 with input as container({"container_access_type": "private"})
}

test_passes_with_the_default if {
	count(private_containers.deny) == 0 with input as container({})
}
