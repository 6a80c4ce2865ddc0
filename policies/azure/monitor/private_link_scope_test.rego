package terrace.azure.monitor.private_link_scope_test

import data.terrace.azure.monitor.private_link_scope
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_monitor_private_link_scope", values)

test_fails_by_default if {
	count(private_link_scope.deny) == 1 with input as making({})
}

test_fails_when_it_is_open if {
	count(private_link_scope.deny) == 1 with input as making({"ingestion_access_mode": "Open"})
}

test_passes_when_it_is_privateonly if {
	count(private_link_scope.deny) == 0 with input as making({"ingestion_access_mode": "PrivateOnly"})
}

test_fails_until_it_is_known if {
	count(private_link_scope.deny) == 1 with input as fixture.unknowns("azurerm_monitor_private_link_scope", {}, {"ingestion_access_mode": true})
}
