# METADATA
# title: Resources that hold data are not destroyed
# description: What is destroyed takes its data with it. A run that takes a workload away does so on purpose.
# custom:
#   severity: critical
#   fix: Take back the change that destroys the resource, or move the data first and have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.13", "A.8.32"]
#     mcsb: ["BR-2"]
#   id: terraform-lifecycle-stateful-destruction
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - stateful destruction
#     - destroyed data
package terrace.terraform.lifecycle.stateful_destruction

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.finding(r, [], "is destroyed, with its data") if {
	not plan.teardown
	some r in plan.destroyed
	r.type in settings.stateful
}
