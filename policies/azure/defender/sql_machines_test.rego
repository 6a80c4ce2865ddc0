package terrace.azure.defender.sql_machines_test

import data.terrace.azure.defender.sql_machines
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(sql_machines.deny) == 1 with input as making({"resource_type": "SqlServerVirtualMachines", "tier": "Free"})
}

test_passes_when_standard if {
	count(sql_machines.deny) == 0 with input as making({"resource_type": "SqlServerVirtualMachines", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(sql_machines.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
