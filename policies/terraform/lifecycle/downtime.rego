# METADATA
# title: What is replaced is made anew first
# description: Between the end of the old and the start of the new nothing answers.
# custom:
#   severity: low
#   fix: Set create_before_destroy in lifecycle to true where names allow two.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: terraform-lifecycle-downtime
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - create before destroy
package terrace.terraform.lifecycle.downtime

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.finding(r, [], "is destroyed before its successor is made") if {
	some r in plan.replaced
	r.actions == ["delete", "create"]
	not r.type in settings.stateful
}
