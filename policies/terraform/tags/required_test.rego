package terrace.terraform.tags.required_test

import data.terrace.lib.fixture
import data.terrace.terraform.tags.required

group(values) := fixture.creates("azurerm_resource_group", values)

complete := {"costcenter": "4711", "env": "dev", "owner": "orders"}

test_fails_without_tags if {
	some result in required.deny with input as group({"tags": null})
	result.message == "lacks costcenter, env, owner"
}

test_fails_with_an_empty_tag if {
	count(required.deny) == 1 with input as group({"tags": object.union(complete, {"owner": ""})})
}

test_passes_with_all if {
	count(required.deny) == 0 with input as group({"tags": complete})
}

test_passes_what_cannot_be_tagged if {
	count(required.deny) == 0 with input as fixture.creates("azurerm_subnet", {"name": "a"})
}

test_passes_tags_that_are_unknown if {
	count(required.deny) == 0 with input as fixture.unknowns("azurerm_resource_group", {}, {"tags": true})
}

test_asks_for_what_is_set if {
	some result in required.deny with input as group({"tags": complete}) with data.settings as {"required_tags": ["team"]}
	result.message == "lacks team"
}
