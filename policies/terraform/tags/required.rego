# METADATA
# title: Resources carry the required tags
# description: Costs, owners and stages are found by tags; a resource without them belongs to nobody.
# custom:
#   severity: medium
#   fix: Give the resource the tags; those of project and workload are inherited where the module takes tags.
#   controls:
#     iso-27001-2022: ["A.5.9"]
#     mcsb: ["AM-1"]
#   id: terraform-tags-required
#   level: soft-mandatory
#   resources: ["*"]
#   subjects: [tags]
package terrace.terraform.tags.required

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.finding(t.resource, ["tags"], sprintf("lacks %s", [concat(", ", sort(missing))])) if {
	some t in plan.tagged
	missing := [tag | some tag in settings.required_tags; object.get(t.tags, tag, "") == ""]
	missing != []
}
