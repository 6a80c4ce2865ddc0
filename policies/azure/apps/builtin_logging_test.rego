package terrace.azure.apps.builtin_logging_test

import data.terrace.azure.apps.builtin_logging
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_function_app", values)

test_fails_when_switched_off if {
	count(builtin_logging.deny) == 1 with input as app({"builtin_logging_enabled": false})
}

test_fails_when_switched_off_in_azurerm_2 if {
	count(builtin_logging.deny) == 1 with input as fixture.creates("azurerm_function_app", {"enable_builtin_logging": false})
}

test_passes_with_the_default if {
	count(builtin_logging.deny) == 0 with input as app({})
}

test_passes_when_switched_on if {
	count(builtin_logging.deny) == 0 with input as app({"builtin_logging_enabled": true})
}
