# METADATA
# title: No resource is forgotten
# description: What is forgotten runs on, costs on, and is watched by nobody.
# custom:
#   severity: medium
#   fix: Destroy the resource, or import it elsewhere in the same change.
#   controls:
#     iso-27001-2022: ["A.5.9"]
#     mcsb: ["AM-1"]
#   id: terraform-lifecycle-forgotten
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - forgotten resource
package terrace.terraform.lifecycle.forgotten

import data.terrace.lib.plan

deny contains plan.finding(r, [], "is forgotten, and runs on") if {
	some r in plan.forgotten
}
