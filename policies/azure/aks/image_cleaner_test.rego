package terrace.azure.aks.image_cleaner_test

import data.terrace.azure.aks.image_cleaner
import data.terrace.lib.fixture

cluster(values) := fixture.creates("azurerm_kubernetes_cluster", values)

test_fails_with_the_default if {
	count(image_cleaner.deny) == 1 with input as cluster({})
}

test_passes_when_switched_on if {
	count(image_cleaner.deny) == 0 with input as cluster({"image_cleaner_enabled": true})
}
