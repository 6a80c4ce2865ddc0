package terrace.azure.compute.managed_disks_test

import data.terrace.azure.compute.managed_disks
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_virtual_machine", values)

test_fails_with_a_file if {
	count(managed_disks.deny) == 1 with input as machine({"storage_os_disk": [{"vhd_uri": "https://x/y.vhd"}]})
}

test_fails_with_data_in_a_file if {
	count(managed_disks.deny) == 1 with input as machine({"storage_os_disk": [{"managed_disk_type": "Premium_LRS"}], "storage_data_disk": [{"vhd_uri": "https://x/y.vhd"}]})
}

test_fails_without if {
	count(managed_disks.deny) == 1 with input as machine({})
}

test_passes_with_managed_disks if {
	count(managed_disks.deny) == 0 with input as machine({"storage_os_disk": [{"managed_disk_type": "Premium_LRS"}]})
}

test_passes_for_a_present_type if {
	count(managed_disks.deny) == 0 with input as fixture.creates("azurerm_linux_virtual_machine", {})
}
