package terrace.azure.loadbalancer.pool_members_test

import data.terrace.azure.loadbalancer.pool_members
import data.terrace.lib.fixture

pool(values) := fixture.creates("azurerm_lb_backend_address_pool", values)

test_passes_when_others_fill_it if {
	count(pool_members.deny) == 0 with input as pool({})
}

test_fails_with_one if {
	beside := fixture.plan([
		fixture.create("azurerm_lb_backend_address_pool", "this", {}),
		fixture.create("azurerm_lb_backend_address_pool_address", "this", {}),
	])
	document := fixture.referring(beside, "azurerm_lb_backend_address_pool_address", "backend_address_pool_id", "azurerm_lb_backend_address_pool.this")
	count(pool_members.deny) == 1 with input as document
}
