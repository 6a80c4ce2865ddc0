package terrace.azure.container.app_replicas_test

import data.terrace.azure.container.app_replicas
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_container_app", values)

test_fails_with_the_default if {
	count(app_replicas.deny) == 1 with input as app({"template": [{}]})
}

test_fails_with_one if {
	count(app_replicas.deny) == 1 with input as app({"template": [{"min_replicas": 1}]})
}

test_passes_with_two if {
	count(app_replicas.deny) == 0 with input as app({"template": [{"min_replicas": 2}]})
}
