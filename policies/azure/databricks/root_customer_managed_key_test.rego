package terrace.azure.databricks.root_customer_managed_key_test

import data.terrace.azure.databricks.root_customer_managed_key
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_databricks_workspace", values)

beside := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_databricks_workspace", "this", {"sku": "premium", "customer_managed_key_enabled": true}),
		fixture.create("azurerm_databricks_workspace_root_dbfs_customer_managed_key", "this", {}),
	]),
	"azurerm_databricks_workspace_root_dbfs_customer_managed_key", "workspace_id", "azurerm_databricks_workspace.this",
)

test_fails_without if {
	count(root_customer_managed_key.deny) == 1 with input as making({"sku": "premium"})
}

test_fails_without_the_key if {
	count(root_customer_managed_key.deny) == 1 with input as making({"sku": "premium", "customer_managed_key_enabled": true})
}

test_passes_for_standard if {
	count(root_customer_managed_key.deny) == 0 with input as making({"sku": "standard"})
}

test_passes_beside_one if {
	count(root_customer_managed_key.deny) == 0 with input as beside
}
