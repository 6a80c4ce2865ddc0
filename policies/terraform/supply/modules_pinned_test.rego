package terrace.terraform.supply.modules_pinned_test

import data.terrace.terraform.supply.modules_pinned

calling(call) := {"configuration": {"root_module": {"module_calls": {"a": call}}}}

test_fails_for_a_registry_without_a_version if {
	count(modules_pinned.deny) == 1 with input as calling({"source": "Azure/avm-res-keyvault-vault/azurerm"})
}

test_fails_for_a_repository_without_a_ref if {
	count(modules_pinned.deny) == 1 with input as calling({"source": "git::https://example.com/a.git"})
}

test_fails_for_a_branch if {
	count(modules_pinned.deny) == 1 with input as calling({"source": "git::https://example.com/a.git?ref=main"})
}

test_passes_with_a_version if {
	count(modules_pinned.deny) == 0 with input as calling({"source": "Azure/avm-res-keyvault-vault/azurerm", "version_constraint": "0.9.1"})
}

test_passes_with_a_tag if {
	count(modules_pinned.deny) == 0 with input as calling({"source": "git::https://example.com/a.git?ref=v1.2.3"})
}

test_passes_in_the_same_folder if {
	count(modules_pinned.deny) == 0 with input as calling({"source": "./modules/a"})
}
