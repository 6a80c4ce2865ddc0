# METADATA
# title: A plan does not destroy many resources
# description: A wrong variable or an empty list destroys everything that was made of it.
# custom:
#   severity: high
#   fix: See why so much is destroyed, or have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.32"]
#   id: terraform-lifecycle-mass-destruction
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - mass destruction
#     - many destroyed
package terrace.terraform.lifecycle.mass_destruction

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.finding(first, [], sprintf("is one of %d resources that are destroyed", [count(plan.destroyed)])) if {
	not plan.teardown
	count(plan.destroyed) > settings.max_destroyed
	first := plan.destroyed[0]
}
