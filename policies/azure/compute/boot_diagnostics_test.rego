package terrace.azure.compute.boot_diagnostics_test

import data.terrace.azure.compute.boot_diagnostics
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(boot_diagnostics.deny) == 1 with input as machine({})
}

test_fails_with_an_empty_list if {
	count(boot_diagnostics.deny) == 1 with input as machine({"boot_diagnostics": []})
}

test_passes_with if {
	count(boot_diagnostics.deny) == 0 with input as machine({"boot_diagnostics": [{"storage_account_uri": null}]})
}
