package terrace.azure.compute.custom_data_secrets_test

import data.terrace.azure.compute.custom_data_secrets
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_a_password if {
	count(custom_data_secrets.deny) == 1 with input as machine({"custom_data": "export DB_PASSWORD=correct-horse\n"})
}

test_fails_with_an_encoded_password if {
	count(custom_data_secrets.deny) == 1 with input as machine({"custom_data": "ZXhwb3J0IERCX1BBU1NXT1JEPWNvcnJlY3QtaG9yc2U="})
}

test_fails_with_a_key_in_an_old_machine if {
	count(custom_data_secrets.deny) == 1 with input as fixture.creates("azurerm_virtual_machine", {"os_profile": [{"custom_data": "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMAAA"}]})
}

test_passes_without_secrets if {
	count(custom_data_secrets.deny) == 0 with input as machine({"custom_data": "#!/bin/sh\napt-get install nginx\n"})
}

test_passes_without_data if {
	count(custom_data_secrets.deny) == 0 with input as machine({})
}

test_passes_when_it_is_looked_up if {
	count(custom_data_secrets.deny) == 0 with input as machine({"custom_data": "export DB_PASSWORD=$(az keyvault secret show)"})
}
