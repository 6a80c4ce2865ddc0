# METADATA
# title: Resources are in regions that are allowed
# description: Where data may be is said by law and contracts, and what is elsewhere is slow.
# custom:
#   severity: medium
#   fix: Set location to one of the regions that are allowed, or have the region allowed.
#   controls:
#     iso-27001-2022: ["A.5.31"]
#     mcsb: ["AM-2"]
#   id: terraform-location-regions
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - allowed regions
#     - allowed locations
package terrace.terraform.location.regions

import data.terrace.lib.plan
import data.terrace.lib.settings

allowed := {lower(replace(region, " ", "")) | some region in settings.regions}

deny contains plan.finding(r, ["location"], sprintf("is in %s", [place])) if {
	count(allowed) > 0
	some r in plan.existing
	r.values.location
	place := plan.location(r)
	not place in (allowed | {"global", ""})
}
