package terrace.azure.apps.cors_test

import data.terrace.azure.apps.cors
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_a_star if {
	count(cors.deny) == 1 with input as app({"site_config": [{"cors": [{"allowed_origins": ["*"]}]}]})
}

test_fails_for_a_function if {
	count(cors.deny) == 1 with input as fixture.creates("azurerm_function_app", {"site_config": [{"cors": [{"allowed_origins": ["*"]}]}]})
}

test_passes_with_names if {
	count(cors.deny) == 0 with input as app({"site_config": [{"cors": [{"allowed_origins": ["https://example.com"]}]}]})
}

test_passes_without if {
	count(cors.deny) == 0 with input as app({})
}
