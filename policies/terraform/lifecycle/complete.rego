# METADATA
# title: A plan is whole
# description: A plan with errors, or one that is not complete, applies a part of what is wanted.
# custom:
#   severity: high
#   fix: Mend what the plan says, and plan again without targets.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: terraform-lifecycle-complete
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - plan complete
#     - plan errored
package terrace.terraform.lifecycle.complete

import data.terrace.lib.plan

deny contains plan.remark("plan", "has errors") if input.errored == true

deny contains plan.remark("plan", "is not complete") if {
	input.complete == false
	not partial
}

# What was changed outside is accepted for the resources that were asked for alone.
partial if input.terrace.operation == "refresh"
