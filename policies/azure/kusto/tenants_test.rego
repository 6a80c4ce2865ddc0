package terrace.azure.kusto.tenants_test

import data.terrace.azure.kusto.tenants
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

test_fails_for_everyone if {
	count(tenants.deny) == 1 with input as making({"trusted_external_tenants": ["*"]})
}

test_passes_for_none if {
	count(tenants.deny) == 0 with input as making({"trusted_external_tenants": []})
}
