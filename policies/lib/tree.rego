# METADATA
# title: Trees of modules
# description: >-
#   Flattens the trees of `terraform show -json`: resources of planned values and
#   of states, and the resources of the configuration. Modules may be nested six
#   deep; a rule of Rego cannot call itself.
package terrace.lib.tree

root := input.planned_values.root_module if {
	input.planned_values.root_module
} else := input.values.root_module if {
	input.values.root_module
} else := {}

# values are the resources of planned values, else of a state.
values := array.concat(in_module(root), [n | some m in modules; some n in in_module(m)])

in_module(m) := object.get(m, "resources", [])

children(m) := object.get(m, "child_modules", [])

modules := array.concat(shallow, deep)

first := children(root)

second := [c | some m in first; some c in children(m)]

third := [c | some m in second; some c in children(m)]

fourth := [c | some m in third; some c in children(m)]

fifth := [c | some m in fourth; some c in children(m)]

sixth := [c | some m in fifth; some c in children(m)]

shallow := array.concat(first, array.concat(second, third))

deep := array.concat(fourth, array.concat(fifth, sixth))
