package terrace.azure.container.group_public_ip_test

import data.terrace.azure.container.group_public_ip
import data.terrace.lib.fixture

group(values) := fixture.creates("azurerm_container_group", values)

test_fails_with_the_default if {
	count(group_public_ip.deny) == 1 with input as group({})
}

test_fails_when_public if {
	count(group_public_ip.deny) == 1 with input as group({"ip_address_type": "Public"})
}

test_passes_when_private if {
	count(group_public_ip.deny) == 0 with input as group({"ip_address_type": "Private"})
}

test_passes_with_none if {
	count(group_public_ip.deny) == 0 with input as group({"ip_address_type": "None"})
}
