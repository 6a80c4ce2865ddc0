package terrace.azure.datafactory.git_test

import data.terrace.azure.datafactory.git
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_data_factory", values)

test_fails_without if {
	count(git.deny) == 1 with input as making({})
}

test_passes_with if {
	count(git.deny) == 0 with input as making({"github_configuration": [{"repository_name": "pipelines"}]})
}

test_passes_with_another if {
	count(git.deny) == 0 with input as making({"vsts_configuration": [{"repository_name": "pipelines"}]})
}

test_passes_with_what_is_made_now if {
	count(git.deny) == 0 with input as fixture.unknowns("azurerm_data_factory", {}, {"github_configuration": [{"repository_name": true}]})
}
