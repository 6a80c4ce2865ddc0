# METADATA
# title: What refers to what
# description: >-
#   Answers which resources of a plan belong together: by the references of the
#   configuration, also through the arguments of modules, and by ids that are
#   known, as in a state.
package terrace.lib.configuration

import data.terrace.lib.plan

root := object.get(object.get(input, "configuration", {}), "root_module", {})

# A call is a module with the prefix of its addresses and what its arguments refer to.
called(prefix, module) := [{
	"prefix": sprintf("%smodule.%s.", [prefix, name]),
	"caller": prefix,
	"arguments": object.get(call, "expressions", {}),
	"module": object.get(call, "module", {}),
} |
	some name, call in object.get(module, "module_calls", {})
]

first := called("", root)

second := [c | some m in first; some c in called(m.prefix, m.module)]

third := [c | some m in second; some c in called(m.prefix, m.module)]

fourth := [c | some m in third; some c in called(m.prefix, m.module)]

calls := array.concat(array.concat(first, second), array.concat(third, fourth))

# call_of are the calls by the prefix of their addresses: who calls, and with what.
call_of := input.terrace.plan.calls if {
	input.terrace.plan.calls
} else := {c.prefix: {"caller": c.caller, "arguments": c.arguments} | some c in calls}

# invoked are the calls of modules as the configuration has them: the prefix of who
# calls, the name, the source and the version of the module.
invoked := input.terrace.plan.invoked if {
	input.terrace.plan.invoked
} else := [{
	"prefix": m.prefix,
	"name": name,
	"source": object.get(call, "source", ""),
	"version": object.get(call, "version_constraint", ""),
} |
	some m in array.concat([{"prefix": "", "module": root}], calls)
	some name, call in object.get(m.module, "module_calls", {})
]

# Resources of the configuration by their address. Terrace has put them together
# already, as with plan.resources.
resources := input.terrace.plan.configuration if {
	input.terrace.plan.configuration
} else := object.union(
	{r.address: r | some r in object.get(root, "resources", [])},
	{concat("", [c.prefix, r.address]): r | some c in calls; some r in object.get(c.module, "resources", [])},
)

# references of an expression are the words that it names.
references(expression) := {word |
	walk(expression, [_, node])
	is_object(node)
	some word in object.get(node, "references", [])
} if expression != null

# target is what a reference means: type.name or module.name, with its module.
target(prefix, word) := concat("", [prefix, concat(".", array.slice(split(plan.without_indices(word), "."), 0, 2))])

# referred are the targets of an attribute of a resource, at its configuration address.
referred(address, module, attribute) := own | passed if {
	expression := object.get(resources, [address, "expressions", attribute], null)
	words := references(expression)
	own := {target(module, word) | some word in words}
	passed := {t | some word in words; some t in argument(module, word)}
}

# argument is what a variable of a module was given by its caller, and the caller's by its own.
argument(prefix, word) := own | passed if {
	startswith(word, "var.")
	call := call_of[prefix]
	words := references(object.get(call.arguments, split(word, ".")[1], null))
	own := {target(call.caller, w) | some w in words}
	passed := {t | some w in words; some t in outer(call.caller, w)}
}

outer(prefix, word) := {target(call.caller, w) |
	startswith(word, "var.")
	call := call_of[prefix]
	some w in references(object.get(call.arguments, split(word, ".")[1], null))
}

# names of a resource are what others call it: by address, or by a module around it.
names(r) := {r.config} | {concat(".", array.slice(steps, 0, n)) |
	steps := split(r.config, ".")
	some n in numbers.range_step(2, max([2, count(steps) - 2]), 2)
}

# texts are those of an attribute that are known; ids are among them.
texts(other, attribute) := {v | walk(other.values[attribute], [_, v]); is_string(v); v != ""}

# pointers tell what the attribute of each resource of a type points at.
pointers(type, attribute) := [{"target": target, "holder": other} |
	some other in plan.planned(type)
	some target in ({t | some t in referred(other.config, other.module, attribute)} | {t | some t in texts(other, attribute)})
]

# holders are the resources of a type by what their attribute points at.
holders(type, attribute) := {target: others |
	all := pointers(type, attribute)
	some target in {p.target | some p in all}
	others := [p.holder | some p in all; p.target == target]
}

# associated(r, type, attribute) are the resources of a type whose attribute refers to r.
associated(r, type, attribute) := [other |
	by_target := holders(type, attribute)
	some name in (names(r) | {id | id := r.values.id})
	some other in by_target[name]
]
