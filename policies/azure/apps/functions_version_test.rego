package terrace.azure.apps.functions_version_test

import data.terrace.azure.apps.functions_version
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_function_app", values)

test_fails_with_an_old_one if {
	count(functions_version.deny) == 1 with input as app({"functions_extension_version": "~3"})
}

test_fails_with_an_old_one_in_azurerm_2 if {
	count(functions_version.deny) == 1 with input as fixture.creates("azurerm_function_app", {"version": "~1"})
}

test_passes_with_the_default if {
	count(functions_version.deny) == 0 with input as app({})
}

test_passes_with_a_supported_one if {
	count(functions_version.deny) == 0 with input as app({"functions_extension_version": "~4"})
}
