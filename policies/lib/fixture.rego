# METADATA
# title: Plans for tests
# description: Makes inputs for the tests of rules, as short as they can be.
package terrace.lib.fixture

# creates(type, values) is a plan that creates one resource, called this.
creates(type, values) := plan([create(type, "this", values)])

# unknowns(type, values, unknown) likewise, with values that are known after the apply.
unknowns(type, values, unknown) := plan([change(type, "this", ["create"], null, values, unknown)])

# replaces(type, values) is a plan that destroys and creates a resource.
replaces(type, values) := plan([change(type, "this", ["delete", "create"], values, values, {})])

# destroys(type, values) is a plan that destroys a resource.
destroys(type, values) := plan([change(type, "this", ["delete"], values, null, {})])

# plan(changes) is a plan of several changes.
plan(changes) := {"format_version": "1.2", "resource_changes": changes}

# create(type, name, values) is the change that creates a resource.
create(type, name, values) := change(type, name, ["create"], null, values, {})

# change is any change.
change(type, name, actions, before, after, unknown) := {
	"address": sprintf("%s.%s", [type, name]),
	"mode": "managed",
	"type": type,
	"name": name,
	"change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown},
}

# referring(p, type, attribute, target) adds to a plan that type.this refers to target.
referring(p, type, attribute, target) := object.union(p, {"configuration": {"root_module": {"resources": [{
	"address": sprintf("%s.this", [type]),
	"expressions": {attribute: {"references": [sprintf("%s.id", [target]), target]}},
}]}}})
