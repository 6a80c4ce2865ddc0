package terrace.azure.storage.cross_tenant_test

import data.terrace.azure.storage.cross_tenant
import data.terrace.lib.fixture

account(values) := fixture.creates("azurerm_storage_account", values)

test_fails_when_allowed if {
	count(cross_tenant.deny) == 1 with input as account({"cross_tenant_replication_enabled": true})
}

test_fails_when_unknown if {
	count(cross_tenant.deny) == 1 with input as fixture.unknowns("azurerm_storage_account", {}, {"cross_tenant_replication_enabled": true})
}

test_passes_when_forbidden if {
	count(cross_tenant.deny) == 0 with input as account({"cross_tenant_replication_enabled": false})
}

test_passes_with_the_default if {
	count(cross_tenant.deny) == 0 with input as account({})
}
