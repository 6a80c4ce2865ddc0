package terrace.azure.synapse.pool_audit_test

import data.terrace.azure.synapse.pool_audit
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_sql_pool", values)

beside(policy) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_synapse_sql_pool", "this", {}),
		fixture.create("azurerm_synapse_sql_pool_extended_auditing_policy", "this", policy),
	]),
	"azurerm_synapse_sql_pool_extended_auditing_policy", "sql_pool_id", "azurerm_synapse_sql_pool.this",
)

test_fails_without if {
	count(pool_audit.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(pool_audit.deny) == 0 with input as beside({})
}

test_fails_beside_one_that_is_off if {
	count(pool_audit.deny) == 1 with input as beside({"log_monitoring_enabled": false})
}
