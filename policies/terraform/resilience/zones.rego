# METADATA
# title: Resources are in several zones
# description: What is in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set the attribute to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: terraform-resilience-zones
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - multi AZ
package terrace.terraform.resilience.zones

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"multi_az",
	"zone_redundant",
	"zone_redundancy_enabled",
	"zone_redundant_enabled",
	"zone_balancing_enabled",
	"multi_az_enabled",
}

deny contains plan.finding(r, [name], "is in one zone") if {
	some r in general.resources
	some name in names
	r.values[name] == false
}
