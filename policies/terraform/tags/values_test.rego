package terrace.terraform.tags.values_test

import data.terrace.lib.fixture
import data.terrace.terraform.tags.values

tagged(env) := fixture.creates("azurerm_resource_group", {"tags": {"env": env}})

test_fails_for_another_value if {
	count(values.deny) == 1 with input as tagged("qa") with data.settings as {"tag_values": {"env": ["dev", "prod"]}}
}

test_passes_for_a_known_one if {
	count(values.deny) == 0 with input as tagged("dev") with data.settings as {"tag_values": {"env": ["dev", "prod"]}}
}

test_passes_when_nothing_is_set if {
	count(values.deny) == 0 with input as tagged("qa")
}
