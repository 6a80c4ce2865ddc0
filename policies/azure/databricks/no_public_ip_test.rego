package terrace.azure.databricks.no_public_ip_test

import data.terrace.azure.databricks.no_public_ip
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

test_passes_by_default if {
	count(no_public_ip.deny) == 0 with input as making({})
}

test_fails_when_it_is_off if {
	count(no_public_ip.deny) == 1 with input as making({"custom_parameters": [{"no_public_ip": false}]})
}

test_passes_when_it_is_on if {
	count(no_public_ip.deny) == 0 with input as making({"custom_parameters": [{"no_public_ip": true}]})
}

test_fails_until_it_is_known if {
	count(no_public_ip.deny) == 1 with input as fixture.unknowns("azurerm_databricks_workspace", {}, {"custom_parameters": [{"no_public_ip": true}]})
}
