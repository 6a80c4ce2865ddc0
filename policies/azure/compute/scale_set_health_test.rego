package terrace.azure.compute.scale_set_health_test

import data.terrace.azure.compute.scale_set_health
import data.terrace.lib.fixture

set(values) := fixture.creates("azurerm_orchestrated_virtual_machine_scale_set", values)

test_fails_without if {
	count(scale_set_health.deny) == 1 with input as set({})
}

test_fails_with_another_extension if {
	count(scale_set_health.deny) == 1 with input as set({"extension": [{"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript"}]})
}

test_passes_with_a_probe if {
	count(scale_set_health.deny) == 0 with input as set({"health_probe_id": "/x"})
}

test_passes_with_an_extension if {
	count(scale_set_health.deny) == 0 with input as set({"extension": [{"publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux"}]})
}
