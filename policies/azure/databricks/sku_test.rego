package terrace.azure.databricks.sku_test

import data.terrace.azure.databricks.sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

test_fails_by_default if {
	count(sku.deny) == 1 with input as making({})
}

test_fails_when_it_is_standard if {
	count(sku.deny) == 1 with input as making({"sku": "standard"})
}

test_passes_when_it_is_premium if {
	count(sku.deny) == 0 with input as making({"sku": "premium"})
}

test_fails_until_it_is_known if {
	count(sku.deny) == 1 with input as fixture.unknowns("azurerm_databricks_workspace", {}, {"sku": true})
}
