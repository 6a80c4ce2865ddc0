package terrace.terraform.supply.providers_pinned_test

import data.terrace.terraform.supply.providers_pinned

provided(more) := {"configuration": {"provider_config": {"azurerm": object.union({"name": "azurerm"}, more)}}}

test_fails_without if {
	count(providers_pinned.deny) == 1 with input as provided({})
}

test_fails_for_any_newer_one if {
	count(providers_pinned.deny) == 1 with input as provided({"version_constraint": ">= 3.0"})
}

test_passes_with if {
	count(providers_pinned.deny) == 0 with input as provided({"version_constraint": "~> 5.2"})
}

test_passes_with_bounds if {
	count(providers_pinned.deny) == 0 with input as provided({"version_constraint": ">= 5.0, < 6.0"})
}
