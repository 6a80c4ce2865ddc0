package terrace.terraform.secrets.providers_test

import data.terrace.terraform.secrets.providers

provided(expressions) := {"configuration": {"provider_config": {"azurerm": {"name": "azurerm", "expressions": expressions}}}}

test_fails_for_a_secret if {
	count(providers.deny) == 1 with input as provided({"client_secret": {"constant_value": "x"}})
}

test_passes_for_a_variable if {
	count(providers.deny) == 0 with input as provided({"client_secret": {"references": ["var.secret"]}})
}

test_passes_for_oidc if {
	count(providers.deny) == 0 with input as provided({"use_oidc": {"constant_value": true}})
}
