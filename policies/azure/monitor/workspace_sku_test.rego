package terrace.azure.monitor.workspace_sku_test

import data.terrace.azure.monitor.workspace_sku
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_log_analytics_workspace", values)

test_fails_for_half_a_gigabyte if {
	count(workspace_sku.deny) == 1 with input as making({"daily_quota_gb": 0.5})
}

test_passes_without if {
	count(workspace_sku.deny) == 0 with input as making({})
}

test_passes_without_limit if {
	count(workspace_sku.deny) == 0 with input as making({"daily_quota_gb": -1})
}
