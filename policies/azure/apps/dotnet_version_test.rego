package terrace.azure.apps.dotnet_version_test

import data.terrace.azure.apps.dotnet_version
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_an_old_one if {
	count(dotnet_version.deny) == 1 with input as app({"site_config": [{"application_stack": [{"dotnet_version": "1.0"}]}]})
}

test_passes_with_a_supported_one if {
	count(dotnet_version.deny) == 0 with input as app({"site_config": [{"application_stack": [{"dotnet_version": "v10.0"}]}]})
}

test_passes_without if {
	count(dotnet_version.deny) == 0 with input as app({})
}
