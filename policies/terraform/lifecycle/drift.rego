# METADATA
# title: Nothing was changed beside the configuration
# description: What somebody changed by hand is undone by the plan, or was needed.
# custom:
#   severity: low
#   fix: Bring the change into the configuration, or let the plan undo it on purpose.
#   controls:
#     iso-27001-2022: ["A.8.9", "A.8.32"]
#     mcsb: ["PV-3"]
#   id: terraform-lifecycle-drift
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - configuration drift
package terrace.terraform.lifecycle.drift

import data.terrace.lib.plan

deny contains plan.remark(d.address, "was changed beside the configuration") if {
	some d in input.resource_drift
	some action in d.change.actions
	action in {"update", "delete"}
}
