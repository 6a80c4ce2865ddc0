# METADATA
# title: What a plan makes
# description: >-
#   Reads the input of Terrace and of `terraform show -json`, of plans and of
#   states, whole or in part. A resource r has: address, config (its address
#   without indices), configuration (what that is there, or {}), module (the address
#   of its module with a dot, or ""), type, name, actions, values, before and unknown.
package terrace.lib.plan

import data.terrace.lib.configuration
import data.terrace.lib.tree

# Managed resources, in whatever form the input has them. Terrace has made them
# already, at input.terrace.plan, as change_of would: it is faster at that.
resources := input.terrace.plan.resources if {
	input.terrace.plan.resources
} else := [change_of(c) | some c in input.resource_changes; managed(c)] if {
	is_array(input.resource_changes)
} else := [node_of(n) | some n in tree.values; managed(n)]

managed(resource) if object.get(resource, "mode", "managed") == "managed"

change_of(c) := {
	"address": c.address,
	"config": without_indices(c.address),
	"configuration": configured(without_indices(c.address)),
	"module": module_of(c),
	"type": c.type,
	"name": name_of(c),
	"actions": listed(object.get(c.change, "actions", ["no-op"])),
	"values": document(object.get(c.change, "after", {})),
	"before": document(object.get(c.change, "before", {})),
	"unknown": document(object.get(c.change, "after_unknown", {})),
}

node_of(n) := {
	"address": n.address,
	"config": without_indices(n.address),
	"configuration": configured(without_indices(n.address)),
	"module": module_of(n),
	"type": n.type,
	"name": name_of(n),
	"actions": ["no-op"],
	"values": document(object.get(n, "values", {})),
	"before": {},
	"unknown": {},
}

configured(address) := object.get(configuration.resources, [address], {})

document(v) := v if is_object(v)

document(v) := {} if not is_object(v)

listed(v) := v if is_array(v)

listed(v) := ["no-op"] if not is_array(v)

without_indices(address) := address if not contains(address, "[")

without_indices(address) := regex.replace(address, `\[("[^"]*"|\d+)\]`, "") if contains(address, "[")

module_of(resource) := concat("", [without_indices(resource.module_address), "."]) if resource.module_address

module_of(resource) := "" if not contains_module(resource)

module_of(resource) := trim_suffix(without_indices(resource.address), concat(".", [resource.type, name_of(resource)])) if {
	not resource.module_address
	contains_module(resource)
}

contains_module(resource) if resource.module_address

contains_module(resource) if startswith(resource.address, "module.")

name_of(resource) := resource.name

name_of(resource) := regex.replace(without_indices(resource.address), `^.*\.`, "") if not resource.name

# gone resources are deleted or forgotten, and nothing takes their place.
gone(r) if r.actions == ["delete"]

gone(r) if r.actions == ["forget"]

# Resources that exist after the apply.
existing := input.terrace.plan.existing if {
	input.terrace.plan.existing
} else := [r | some r in resources; not gone(r)]

by_type := input.terrace.plan.by_type if {
	input.terrace.plan.by_type
} else := {type: rs |
	some type in {r.type | some r in existing}
	rs := [r | some r in existing; r.type == type]
}

# types are those of the resources that exist after the apply.
types := input.terrace.plan.types if {
	input.terrace.plan.types
} else := [type | some type, _ in by_type]

# planned(type) are the resources of a type that exist after the apply.
planned(type) := object.get(by_type, type, [])

# planned_any(types) are those of several types.
planned_any(types) := [r | some type in types; some r in planned(type)]

# created are resources that did not exist before and take no other's place.
created := input.terrace.plan.created if {
	input.terrace.plan.created
} else := [r | some r in resources; r.actions == ["create"]]

# destroyed are resources that nothing takes the place of.
destroyed := input.terrace.plan.destroyed if {
	input.terrace.plan.destroyed
} else := [r | some r in resources; r.actions == ["delete"]]

# teardown: the run takes the workload away, and destroys on purpose.
teardown if input.terrace.operation == "destroy"

# forgotten are resources that stay, and of which the state knows nothing then.
forgotten := input.terrace.plan.forgotten if {
	input.terrace.plan.forgotten
} else := [r | some r in resources; "forget" in r.actions]

# replaced are resources that are destroyed and made anew, in either order.
replaced := input.terrace.plan.replaced if {
	input.terrace.plan.replaced
} else := [r | some r in resources; "create" in r.actions; "delete" in r.actions]

# updated are resources that are changed where they stand.
updated := input.terrace.plan.updated if {
	input.terrace.plan.updated
} else := [r | some r in resources; "update" in r.actions]

# value(r, path, fallback) is what the resource has at the path after the apply;
# the fallback where it has nothing, or null. It is undefined where that is only
# known after the apply. A path goes through blocks by their number:
# ["site_config", 0, "minimum_tls_version"].
value(r, path, fallback) := v if {
	v := object.get(r.values, path, null)
	v != null
} else := fallback if {
	not unknown(r, path)
}

# certain(r, path, fallback) is that value, too, and later where it is only known
# after the apply. What a rule requires is not kept by what nobody knows yet:
# plan.certain(r, path, false) != true.
certain(r, path, fallback) := v if {
	v := object.get(r.values, path, null)
	v != null
} else := later if {
	unknown(r, path)
} else := fallback

later := "(known after the apply)"

# named(r, paths) is the path that the resource uses: an argument has another
# name in each major version of the provider.
named(r, paths) := [p | some p in paths; present(r, p)][0] if {
	some p in paths
	present(r, p)
} else := paths[0]

# spread(r, path): there are at least two different entries, such as zones.
spread(r, path) if count({v | some v in value(r, path, [])}) > 1

or_else(v, _) := v if v != null

or_else(null, fallback) := fallback

# former(r, path, fallback) is what the resource had there before.
former(r, path, fallback) := or_else(object.get(r.before, path, null), fallback)

# unknown(r, path): what is there is only known after the apply.
unknown(r, path) if {
	r.unknown[path[0]]
	some n in numbers.range(1, count(path))
	object.get(r.unknown, array.slice(path, 0, n), false) == true
	not omitted(r, path)
}

# omitted(r, path): the configuration does not say anything there, so it will be
# what Azure and the provider take then, although the plan does not know it yet.
omitted(r, path) if {
	expressions := r.configuration.expressions
	object.get(expressions, path, null) == null
	surrounded(r, path, expressions)
}

# Blocks that are made dynamically are not among the expressions; nothing can be
# said of what is in them.
surrounded(r, path, expressions) if {
	r.unknown[path[0]] == true
	not expressions[path[0]]
}

surrounded(_, path, expressions) if {
	count(path) > 1
	object.get(expressions, array.slice(path, 0, count(path) - 1), null) != null
}

# stated(r, argument): the configuration sets the argument, or is not there to
# tell; otherwise its value is a default.
stated(r, _) if r.configuration == {}

stated(r, argument) if r.configuration.expressions[argument]

# blocks(r, path) are the blocks at the path, as a list; undefined where unknown.
blocks(r, path) := rows(value(r, path, []))

rows(v) := v if is_array(v)

rows(v) := [v] if is_object(v)

# present(r, path): something other than null, "", [] and {} is there, or will be.
present(r, path) if not value(r, path, null) in [null, "", [], {}]

present(r, path) if {
	not object.get(r.unknown, path, false) in [false, [], {}]
	not omitted(r, path)
}

# finding(r, path, message) is what deny and warn hold. The message goes on
# after the address: "takes plain HTTP". Where what is at the path is only known
# after the apply, it says so.
finding(r, path, message) := fact(r, path, concat("", [doubt(r, path), message]))

# fact(r, path, message) is a finding that holds whatever will be at the path.
fact(r, path, message) := {
	"address": r.address,
	"type": r.type,
	"attribute": attribute(path),
	"message": message,
	"msg": concat(" ", [r.address, message]),
}

# remark(address, message) is a finding about what is no resource: a variable, a
# provider, the plan.
remark(address, message) := {
	"address": address,
	"type": "",
	"attribute": "",
	"message": message,
	"msg": concat(" ", [address, message]),
}

doubt(r, path) := "tells only after the apply whether it " if {
	unknown(r, path)
} else := ""

# attribute(path) is the path as people write it: site_config[0].minimum_tls_version.
attribute(path) := path[0] if {
	count(path) == 1
} else := trim_prefix(concat("", [step(s) | some s in path]), ".")

step(s) := sprintf("[%d]", [s]) if is_number(s)

step(s) := concat("", [".", s]) if is_string(s)

# tags(r) are the tags that a resource has after the apply.
tags(r) := r.values.tags if {
	is_object(r.values.tags)
	not r.values.tags_all
} else := object.union(document(value(r, ["tags_all"], {})), document(value(r, ["tags"], {})))

# tagged are the resources that can have tags, each with those that it has.
tagged := [{"resource": r, "tags": carried} |
	some r in existing
	taggable(r)
	carried := tags(r)
]

# taggable resources say that they have tags, if only null.
taggable(r) if object.get(r.values, "tags", false) != false

taggable(r) if r.unknown.tags

# location(r) is the region as Azure's short name: westeurope.
location(r) := lower(replace(value(r, ["location"], ""), " ", ""))

# associated(r, type, attribute) are the resources of a type whose attribute refers to r.
associated(r, type, attribute) := configuration.associated(r, type, attribute)
