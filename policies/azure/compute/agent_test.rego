package terrace.azure.compute.agent_test

import data.terrace.azure.compute.agent
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_without if {
	count(agent.deny) == 1 with input as machine({"provision_vm_agent": false})
}

test_passes_with_the_default if {
	count(agent.deny) == 0 with input as machine({})
}

test_passes_with if {
	count(agent.deny) == 0 with input as machine({"provision_vm_agent": true})
}
