package terrace.azure.kusto.sku_test

import data.terrace.azure.kusto.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_kusto_cluster", values)

test_fails_for_dev if {
	count(sku.deny) == 1 with input as making({"sku": [{"name": "Dev(No SLA)_Standard_E2a_v4"}]})
}

test_passes_for_standard if {
	count(sku.deny) == 0 with input as making({"sku": [{"name": "Standard_E8ads_v5"}]})
}
