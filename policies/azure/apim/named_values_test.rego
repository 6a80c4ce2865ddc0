package terrace.azure.apim.named_values_test

import data.terrace.azure.apim.named_values
import data.terrace.lib.fixture

named(values) := fixture.creates("azurerm_api_management_named_value", values)

test_fails_with_the_default if {
	count(named_values.deny) == 1 with input as named({"name": "db-password"})
}

test_fails_when_shown if {
	count(named_values.deny) == 1 with input as named({"name": "api-key", "secret": false})
}

test_passes_when_secret if {
	count(named_values.deny) == 0 with input as named({"name": "db-password", "secret": true})
}

test_passes_from_a_vault if {
	count(named_values.deny) == 0 with input as named({"name": "db-password", "value_from_key_vault": [{"secret_id": "x"}]})
}

test_passes_when_it_is_no_secret if {
	count(named_values.deny) == 0 with input as named({"name": "base-url"})
}
