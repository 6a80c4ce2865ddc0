package terrace.azure.compute.no_passwords_test

import data.terrace.azure.compute.no_passwords
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_when_it_takes_them if {
	count(no_passwords.deny) == 1 with input as machine({"disable_password_authentication": false})
}

test_fails_when_unknown if {
	count(no_passwords.deny) == 1 with input as fixture.unknowns("azurerm_linux_virtual_machine", {}, {"disable_password_authentication": true})
}

test_fails_for_an_old_machine if {
	count(no_passwords.deny) == 1 with input as fixture.creates("azurerm_virtual_machine", {"os_profile_linux_config": [{"disable_password_authentication": false}]})
}

test_passes_with_the_default if {
	count(no_passwords.deny) == 0 with input as machine({})
}

test_passes_when_it_takes_none if {
	count(no_passwords.deny) == 0 with input as machine({"disable_password_authentication": true})
}
