package terrace.azure.apps.java_version_test

import data.terrace.azure.apps.java_version
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_an_old_one if {
	count(java_version.deny) == 1 with input as app({"site_config": [{"application_stack": [{"java_version": "1.0"}]}]})
}

test_passes_with_a_supported_one if {
	count(java_version.deny) == 0 with input as app({"site_config": [{"application_stack": [{"java_version": "25"}]}]})
}

test_passes_without if {
	count(java_version.deny) == 0 with input as app({})
}
