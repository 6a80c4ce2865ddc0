package terrace.azure.monitor.diagnostics_test

import data.terrace.azure.monitor.diagnostics
import data.terrace.lib.fixture

beside := fixture.referring(
	fixture.plan([fixture.create("azurerm_key_vault", "this", {}), fixture.create("azurerm_monitor_diagnostic_setting", "this", {})]),
	"azurerm_monitor_diagnostic_setting", "target_resource_id", "azurerm_key_vault.this",
)

test_fails_without if {
	count(diagnostics.deny) == 1 with input as fixture.creates("azurerm_key_vault", {})
}

test_passes_beside_one if {
	count(diagnostics.deny) == 0 with input as beside
}

test_passes_what_has_none if {
	count(diagnostics.deny) == 0 with input as fixture.creates("azurerm_resource_group", {})
}
