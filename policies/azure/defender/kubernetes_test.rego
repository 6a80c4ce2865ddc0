package terrace.azure.defender.kubernetes_test

import data.terrace.azure.defender.kubernetes
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_security_center_subscription_pricing", values)

test_fails_when_free if {
	count(kubernetes.deny) == 1 with input as making({"resource_type": "KubernetesService", "tier": "Free"})
}

test_passes_when_standard if {
	count(kubernetes.deny) == 0 with input as making({"resource_type": "KubernetesService", "tier": "Standard"})
}

test_passes_for_another_plan if {
	count(kubernetes.deny) == 0 with input as making({"resource_type": "SomethingElse", "tier": "Free"})
}
