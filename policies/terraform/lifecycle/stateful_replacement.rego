# METADATA
# title: Resources that hold data are not replaced
# description: A replacement destroys the resource with its data before, or after, it makes an empty one.
# custom:
#   severity: critical
#   fix: Take back the change that forces the replacement, or move the data first and have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.32"]
#     mcsb: ["BR-2"]
#   id: terraform-stateful-replacement
#   level: soft-mandatory
#   resources: ["*"]
#   subjects: [replacement]
package terrace.terraform.lifecycle.stateful_replacement

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.finding(r, [], "is destroyed and made anew, and loses its data") if {
	some r in plan.replaced
	r.type in settings.stateful
}
