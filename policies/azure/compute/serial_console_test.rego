package terrace.azure.compute.serial_console_test

import data.terrace.azure.compute.serial_console
import data.terrace.lib.fixture

interface(values) := fixture.creates("azurerm_network_interface", values)

test_passes_without_a_machine if {
	count(serial_console.deny) == 0 with input as interface({"ip_configuration": [{"public_ip_address_id": "/x"}]})
}

together(machine, interface) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_network_interface", "this", {"ip_configuration": [interface]}),
		fixture.create("azurerm_linux_virtual_machine", "this", machine),
	]),
	"azurerm_linux_virtual_machine", "network_interface_ids", "azurerm_network_interface.this",
)

test_fails_with_both if {
	count(serial_console.deny) == 1 with input as together({"boot_diagnostics": [{"storage_account_uri": null}]}, {"public_ip_address_id": "/x"})
}

test_passes_without_diagnostics if {
	count(serial_console.deny) == 0 with input as together({}, {"public_ip_address_id": "/x"})
}

test_passes_without_an_address if {
	count(serial_console.deny) == 0 with input as together({"boot_diagnostics": [{"storage_account_uri": null}]}, {})
}
