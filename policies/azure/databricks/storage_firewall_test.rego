package terrace.azure.databricks.storage_firewall_test

import data.terrace.azure.databricks.storage_firewall
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

test_fails_by_default if {
	count(storage_firewall.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(storage_firewall.deny) == 1 with input as making({"default_storage_firewall_enabled": false})
}

test_passes_when_it_is_on if {
	count(storage_firewall.deny) == 0 with input as making({"default_storage_firewall_enabled": true})
}

test_fails_until_it_is_known if {
	count(storage_firewall.deny) == 1 with input as fixture.unknowns("azurerm_databricks_workspace", {}, {"default_storage_firewall_enabled": true})
}
