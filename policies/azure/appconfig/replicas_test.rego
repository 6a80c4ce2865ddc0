package terrace.azure.appconfig.replicas_test

import data.terrace.azure.appconfig.replicas
import data.terrace.lib.fixture

store(values) := fixture.creates("azurerm_app_configuration", values)

test_fails_without if {
	count(replicas.deny) == 1 with input as store({})
}

test_passes_with if {
	count(replicas.deny) == 0 with input as store({"replica": [{"location": "northeurope", "name": "north"}]})
}
