# METADATA
# title: What network security groups admit
# description: >-
#   Lists the rules by which network security groups let the Internet in, those
#   inside of a group and those beside it, once for all policies.
package terrace.lib.network

import data.terrace.lib.plan

# admitted are rules that allow what comes from the Internet: the resource, the
# path of the rule in it, its protocol and its ports, and whether these are known.
admitted := [{"resource": r, "path": path, "protocol": protocol(rule), "ports": ports(rule)} |
	some [r, path, rule] in rules
	lower(object.get(rule, "access", "")) == "allow"
	lower(object.get(rule, "direction", "")) == "inbound"
	from_internet(rule)
]

rules := array.concat(
	[[r, [], r.values] | some r in plan.planned("azurerm_network_security_rule")],
	[[r, ["security_rule", i], rule] |
		some r in plan.planned("azurerm_network_security_group")
		some i, rule in plan.blocks(r, ["security_rule"])
	],
)

from_internet(rule) if {
	some source in both(rule, "source_address_prefix", "source_address_prefixes")
	is_string(source)
	anyone(lower(source))
}

anyone(source) if source in {"*", "any", "internet", "0.0.0.0", "::"}

anyone(source) if endswith(source, "/0")

protocol(rule) := lower(plan.or_else(object.get(rule, "protocol", null), "*"))

ports(rule) := both(rule, "destination_port_range", "destination_port_ranges")

both(rule, one, many) := [v |
	some list in [[object.get(rule, one, null)], plan.or_else(object.get(rule, many, null), [])]
	some v in list
	v != null
]

# reaches(rule, protocols, port): the rule lets the port be reached by one of the protocols.
reaches(rule, protocols, port) if {
	rule.protocol in (protocols | {"*"})
	some ports in rule.ports
	covers(ports, port)
}

covers("*", _)

covers(ports, port) if ports in {port, format_int(port, 10)}

covers(ports, port) if {
	is_string(ports)
	[first, last] := split(ports, "-")
	to_number(first) <= port
	port <= to_number(last)
}
