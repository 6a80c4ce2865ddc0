# METADATA
# title: Tags have values that are known
# description: A tag with a value of its own is in no report.
# custom:
#   severity: low
#   fix: Use one of the known values, or have the value known.
#   controls:
#     iso-27001-2022: ["A.5.9"]
#     mcsb: ["AM-1"]
#   id: terraform-tags-values
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - tag values
package terrace.terraform.tags.values

import data.terrace.lib.plan
import data.terrace.lib.settings

# Only tags whose values are set, for example {"env": ["dev", "prod"]}.
deny contains plan.finding(t.resource, ["tags", name], sprintf("has %q there; known are %s", [value, concat(", ", known)])) if {
	some name, known in settings.tag_values
	some t in plan.tagged
	value := t.tags[name]
	not value in known
}
