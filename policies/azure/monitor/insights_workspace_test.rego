package terrace.azure.monitor.insights_workspace_test

import data.terrace.azure.monitor.insights_workspace
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_application_insights", values)

test_fails_without if {
	count(insights_workspace.deny) == 1 with input as making({})
}

test_passes_with if {
	count(insights_workspace.deny) == 0 with input as making({"workspace_id": "/workspaces/a"})
}

test_passes_with_what_is_made_now if {
	count(insights_workspace.deny) == 0 with input as fixture.unknowns("azurerm_application_insights", {}, {"workspace_id": true})
}
