package terrace.terraform.supply.providers_allowed_test

import data.terrace.terraform.supply.providers_allowed

provided := {"configuration": {"provider_config": {"random": {"name": "random", "full_name": "registry.terraform.io/hashicorp/random"}}}}

test_fails_for_another if {
	count(providers_allowed.deny) == 1 with input as provided with data.settings as {"providers": ["registry.terraform.io/hashicorp/azurerm"]}
}

test_passes_for_one_of_them if {
	count(providers_allowed.deny) == 0 with input as provided with data.settings as {"providers": ["registry.terraform.io/hashicorp/random"]}
}

test_passes_when_nothing_is_set if {
	count(providers_allowed.deny) == 0 with input as provided
}
