package terrace.azure.desktop.agent_updates_test

import data.terrace.azure.desktop.agent_updates
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_virtual_desktop_host_pool", values)

test_fails_by_default if {
	count(agent_updates.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(agent_updates.deny) == 1 with input as making({"scheduled_agent_updates": [{"enabled": false}]})
}

test_passes_when_it_is_on if {
	count(agent_updates.deny) == 0 with input as making({"scheduled_agent_updates": [{"enabled": true}]})
}

test_fails_until_it_is_known if {
	count(agent_updates.deny) == 1 with input as fixture.unknowns("azurerm_virtual_desktop_host_pool", {}, {"scheduled_agent_updates": [{"enabled": true}]})
}
