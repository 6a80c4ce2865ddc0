package terrace.azure.sql.managed_instance_failover_group_test

import data.terrace.azure.sql.managed_instance_failover_group
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_managed_instance", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_mssql_managed_instance", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_mssql_managed_instance.this",
)

test_fails_without if {
	count(managed_instance_failover_group.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(managed_instance_failover_group.deny) == 0 with input as both("azurerm_mssql_managed_instance_failover_group", "managed_instance_id")
}
