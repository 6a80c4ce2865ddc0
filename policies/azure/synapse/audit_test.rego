package terrace.azure.synapse.audit_test

import data.terrace.azure.synapse.audit
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_workspace", values)

both(type, attribute) := fixture.referring(
	fixture.plan([fixture.create("azurerm_synapse_workspace", "this", {}), fixture.create(type, "this", {})]),
	type, attribute, "azurerm_synapse_workspace.this",
)

test_fails_without if {
	count(audit.deny) == 1 with input as making({})
}

test_passes_beside_one if {
	count(audit.deny) == 0 with input as both("azurerm_synapse_workspace_extended_auditing_policy", "synapse_workspace_id")
}
