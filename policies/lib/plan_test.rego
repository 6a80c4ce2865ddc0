package terrace.lib.plan_test

import data.terrace.lib.fixture
import data.terrace.lib.plan

account := "azurerm_storage_account"

test_planned_from_changes if {
	[r] := plan.planned(account) with input as fixture.creates(account, {"name": "a"})
	r.address == "azurerm_storage_account.this"
	plan.value(r, ["name"], "") == "a"
}

test_planned_without_what_is_destroyed if {
	count(plan.planned(account)) == 0 with input as fixture.destroys(account, {})
	count(plan.destroyed) == 1 with input as fixture.destroys(account, {})
}

test_planned_without_data_sources if {
	change := object.union(fixture.create(account, "this", {}), {"mode": "data"})
	count(plan.planned(account)) == 0 with input as fixture.plan([change])
}

module := {"resources": [{"address": "module.a[0].azurerm_storage_account.x", "type": account, "values": {"name": "x"}}]}

nested := {"root_module": {"child_modules": [{"child_modules": [module]}]}}

test_planned_from_values_and_state if {
	every document in [{"planned_values": nested}, {"values": nested}] {
		[r] := plan.planned(account) with input as document
		r.config == "module.a.azurerm_storage_account.x"
		r.module == "module.a."
		r.name == "x"
	}
}

test_replaced_is_not_created if {
	count(plan.replaced) == 1 with input as fixture.replaces(account, {})
	count(plan.created) == 0 with input as fixture.replaces(account, {})
}

test_value_takes_the_fallback_for_null if {
	[r] := plan.planned(account) with input as fixture.creates(account, {"a": null, "b": [{"c": 1}], "f": false})
	plan.value(r, ["a"], 7) == 7
	plan.value(r, ["z"], 7) == 7
	plan.value(r, ["b", 0, "c"], 7) == 1
	plan.value(r, ["b", 1, "c"], 7) == 7
	plan.value(r, ["f"], true) == false
}

test_value_is_undefined_when_unknown if {
	every unknown in [{"b": true}, {"b": [{"c": true}]}] {
		[r] := plan.planned(account) with input as fixture.unknowns(account, {}, unknown)
		plan.unknown(r, ["b", 0, "c"])
		not plan.value(r, ["b", 0, "c"], 7)
		not plan.unknown(r, ["a"])
		plan.present(r, ["b"])
	}
}

test_present if {
	[r] := plan.planned(account) with input as fixture.creates(account, {"a": "", "b": [], "c": {}, "d": null, "e": false, "f": 0})
	every absent in ["a", "b", "c", "d", "z"] {
		not plan.present(r, [absent])
	}
	plan.present(r, ["e"])
	plan.present(r, ["f"])
}

test_blocks if {
	[r] := plan.planned(account) with input as fixture.creates(account, {"one": [{"a": 1}], "object": {"a": 1}})
	plan.blocks(r, ["one"]) == [{"a": 1}]
	plan.blocks(r, ["object"]) == [{"a": 1}]
	plan.blocks(r, ["none"]) == []
}

test_attribute_as_people_write_it if {
	plan.attribute(["site_config", 0, "minimum_tls_version"]) == "site_config[0].minimum_tls_version"
	plan.attribute([]) == ""
}

test_finding if {
	[r] := plan.planned(account) with input as fixture.creates(account, {})
	plan.finding(r, ["a"], "is wrong") == {
		"address": "azurerm_storage_account.this", "type": account, "attribute": "a",
		"message": "is wrong", "msg": "azurerm_storage_account.this is wrong",
	}
}

test_tags_of_both if {
	[r] := plan.planned(account) with input as fixture.creates(account, {"tags": null, "tags_all": {"a": "1"}})
	plan.tags(r) == {"a": "1"}
}

test_certain_is_what_is_known if {
	[r] := plan.planned(account) with input as fixture.unknowns(account, {"a": false}, {"b": true, "c": [{"d": true}]})
	plan.certain(r, ["a"], true) == false
	plan.certain(r, ["z"], true) == true
	plan.certain(r, ["b"], true) == plan.later
	plan.certain(r, ["c", 0, "d"], true) == plan.later
}

test_named_is_the_name_that_is_used if {
	[r] := plan.planned(account) with input as fixture.unknowns(account, {"old": false, "gone": null}, {"later": true})
	plan.named(r, [["new"], ["old"]]) == ["old"]
	plan.named(r, [["gone"], ["later"]]) == ["later"]
	plan.named(r, [["new"], ["gone"]]) == ["new"]
}

test_spread_over_zones if {
	[r] := plan.planned(account) with input as fixture.unknowns(account, {"a": ["1", "2"], "b": ["1"], "c": null}, {"d": true})
	plan.spread(r, ["a"])
	every path in [["b"], ["c"], ["d"], ["z"]] {
		not plan.spread(r, path)
	}
}

test_a_finding_tells_what_is_not_known_yet if {
	[r] := plan.planned(account) with input as fixture.unknowns(account, {}, {"b": true})
	plan.finding(r, ["b"], "takes plain HTTP").message == "tells only after the apply whether it takes plain HTTP"
	plan.finding(r, ["a"], "takes plain HTTP").msg == "azurerm_storage_account.this takes plain HTTP"
}

configured(expressions, unknown) := object.union(
	fixture.unknowns(account, {}, unknown),
	{"configuration": {"root_module": {"resources": [{"address": "azurerm_storage_account.this", "expressions": expressions}]}}},
)

test_omitted_is_not_unknown if {
	[r] := plan.planned(account) with input as configured({}, {"a": true})
	not plan.unknown(r, ["a"])
	plan.certain(r, ["a"], 7) == 7
	plan.value(r, ["a"], 7) == 7
	not plan.present(r, ["a"])
	not plan.present(r, ["a", 0, "b"])
}

test_omitted_in_a_block if {
	document := configured({"a": [{"c": {"constant_value": 1}}]}, {"a": [{"b": true}]})
	[r] := plan.planned(account) with input as document
	plan.certain(r, ["a", 0, "b"], 7) == 7 with input as document
	not plan.present(r, ["a", 0, "b"]) with input as document
}

test_set_is_unknown if {
	every document in [
		configured({"a": {"references": ["azurerm_subnet.x.id"]}}, {"a": true}),
		configured({"a": [{"b": {"references": ["azurerm_subnet.x.id"]}}]}, {"a": [{"b": true}]}),
		configured({}, {"a": [{"b": true}]}),
	] {
		[r] := plan.planned(account) with input as document
		plan.present(r, ["a"]) with input as document
		plan.certain(r, ["a", 0, "b"], 7) == plan.later with input as document
	}
}

test_a_fact_is_no_doubt if {
	[r] := plan.planned(account) with input as fixture.unknowns(account, {}, {"b": true})
	plan.fact(r, ["b"], "has a public address").message == "has a public address"
}

test_stated if {
	[alone] := plan.planned(account) with input as fixture.creates(account, {})
	plan.stated(alone, "a")
	[r] := plan.planned(account) with input as configured({"a": {"constant_value": true}}, {})
	plan.stated(r, "a")
	not plan.stated(r, "b")
}
