package terrace.azure.synapse.pool_alerts_test

import data.terrace.azure.synapse.pool_alerts
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_sql_pool", values)

beside(state) := fixture.referring(
	fixture.plan([
		fixture.create("azurerm_synapse_sql_pool", "this", {}),
		fixture.create("azurerm_synapse_sql_pool_security_alert_policy", "this", {"policy_state": state}),
	]),
	"azurerm_synapse_sql_pool_security_alert_policy", "sql_pool_id", "azurerm_synapse_sql_pool.this",
)

test_fails_without if {
	count(pool_alerts.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(pool_alerts.deny) == 0 with input as beside("Enabled")
}

test_fails_beside_one_that_is_off if {
	count(pool_alerts.deny) == 1 with input as beside("Disabled")
}
