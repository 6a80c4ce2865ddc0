package terrace.azure.apps.auto_heal_test

import data.terrace.azure.apps.auto_heal
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(auto_heal.deny) == 1 with input as app({})
}

test_passes_with if {
	count(auto_heal.deny) == 0 with input as app({"site_config": [{"auto_heal_setting": [{"action": [{"action_type": "Recycle"}]}]}]})
}
