# METADATA
# title: Firewalls let named addresses in
# description: A rule for 0.0.0.0/0 lets everyone try; but for the web nobody needs that.
# custom:
#   severity: high
#   fix: Name the addresses, or put a load balancer or a bastion before it.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-1"]
#   id: terraform-exposure-open-ingress
#   level: soft-mandatory
#   resources: [aws_security_group, aws_security_group_rule, aws_vpc_security_group_ingress_rule, google_compute_firewall]
#   subjects:
#     - open ingress
#     - ingress from anywhere
package terrace.terraform.exposure.open_ingress

import data.terrace.lib.plan

# Rules of AWS inside and beside of their group, and of Google Cloud.
deny contains plan.finding(r, ["ingress", i], message) if {
	some r in plan.planned("aws_security_group")
	some i, rule in plan.blocks(r, ["ingress"])
	anyone(rule, ["cidr_blocks", "ipv6_cidr_blocks"])
	not web(rule.from_port, rule.to_port)
}

deny contains plan.finding(r, [], message) if {
	some r in plan.planned_any(["aws_security_group_rule", "aws_vpc_security_group_ingress_rule"])
	object.get(r.values, "type", "ingress") == "ingress"
	anyone(r.values, ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"])
	not web(r.values.from_port, r.values.to_port)
}

deny contains plan.finding(r, ["source_ranges"], message) if {
	some r in plan.planned("google_compute_firewall")
	plan.value(r, ["direction"], "INGRESS") == "INGRESS"
	anyone(r.values, ["source_ranges"])
	some allow in plan.blocks(r, ["allow"])
	some port in object.get(allow, "ports", ["all"])
	not port in {"80", "443"}
}

message := "lets everyone in"

anyone(rule, names) if {
	some name in names
	some range in listed(object.get(rule, name, []))
	range in {"0.0.0.0/0", "::/0"}
}

web(port, port) if port in {80, 443}

listed(v) := v if is_array(v)

listed(v) := [v] if is_string(v)
