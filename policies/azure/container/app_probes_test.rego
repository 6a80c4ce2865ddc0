package terrace.azure.container.app_probes_test

import data.terrace.azure.container.app_probes
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_container_app", values)

test_fails_without if {
	count(app_probes.deny) == 1 with input as app({"template": [{"container": [{"name": "a"}]}]})
}

test_passes_with if {
	count(app_probes.deny) == 0 with input as app({"template": [{"container": [{"name": "a", "liveness_probe": [{"port": 80}]}]}]})
}
