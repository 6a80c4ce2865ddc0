package terrace.lib.configuration_test

import data.terrace.lib.fixture
import data.terrace.lib.plan

account := "azurerm_storage_account"

endpoint := "azurerm_private_endpoint"

found(document) if {
	[r] := plan.planned(account) with input as document
	count(plan.associated(r, endpoint, "connection")) == 1 with input as document
}

referring(words) := {"expressions": {"connection": [{"id": {"references": words}}]}}

changes(prefix, other) := {"resource_changes": [
	object.union(fixture.create(account, "a", {}), {"address": sprintf("%s%s.a[0]", [prefix, account])}),
	object.union(fixture.create(endpoint, "e", {}), {"address": sprintf("%s%s.e[\"x.y\"]", [other, endpoint])}),
]}

holder(words) := object.union({"address": "azurerm_private_endpoint.e"}, referring(words))

test_by_reference if {
	root := {"root_module": {"resources": [holder(["azurerm_storage_account.a[0].id", "azurerm_storage_account.a"])]}}
	found(object.union(changes("", ""), {"configuration": root}))
}

test_not_by_another_reference if {
	root := {"root_module": {"resources": [holder(["azurerm_storage_account.b.id"])]}}
	not found(object.union(changes("", ""), {"configuration": root}))
}

test_inside_a_module if {
	inner := {"resources": [holder(["azurerm_storage_account.a"])]}
	root := {"root_module": {"module_calls": {"m": {"module": inner}}}}
	found(object.union(changes("module.m.", "module.m."), {"configuration": root}))
	not found(object.union(changes("module.n.", "module.m."), {"configuration": root}))
}

test_of_a_module if {
	root := {"root_module": {"resources": [holder(["module.m.id", "module.m"])]}}
	found(object.union(changes("module.m.", ""), {"configuration": root}))
	found(object.union(changes("module.m[\"k\"].", ""), {"configuration": root}))
	not found(object.union(changes("module.n.", ""), {"configuration": root}))
}

test_through_an_argument if {
	call := {"module": {"resources": [holder(["var.target"])]}, "expressions": {"target": {"references": ["azurerm_storage_account.a.id"]}}}
	root := {"root_module": {"module_calls": {"pe": call}}}
	found(object.union(changes("", "module.pe."), {"configuration": root}))
}

test_through_two_arguments if {
	inner := {"module": {"resources": [holder(["var.target"])]}, "expressions": {"target": {"references": ["var.id"]}}}
	outer := {"module": {"module_calls": {"pe": inner}}, "expressions": {"id": {"references": ["azurerm_storage_account.a.id"]}}}
	root := {"root_module": {"module_calls": {"edge": outer}}}
	found(object.union(changes("", "module.edge.module.pe."), {"configuration": root}))
}

test_by_id if {
	found({"values": {"root_module": {"resources": [
		{"address": "azurerm_storage_account.a", "type": account, "values": {"id": "/s/a"}},
		{"address": "azurerm_private_endpoint.e", "type": endpoint, "values": {"connection": [{"id": "/s/a"}]}},
	]}}})
	not found({"values": {"root_module": {"resources": [
		{"address": "azurerm_storage_account.a", "type": account, "values": {"id": "/s/a"}},
		{"address": "azurerm_private_endpoint.e", "type": endpoint, "values": {"connection": [{"id": "/s/b"}]}},
	]}}})
}
