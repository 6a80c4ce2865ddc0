# METADATA
# title: Deletion protection is on
# description: With it, nobody deletes by mistake what others need.
# custom:
#   severity: medium
#   fix: Set the attribute to true.
#   controls:
#     iso-27001-2022: ["A.8.13"]
#   id: terraform-lifecycle-deletion-protection
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - deletion protection
package terrace.terraform.lifecycle.deletion_protection

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"deletion_protection",
	"deletion_protection_enabled",
	"enable_deletion_protection",
}

deny contains plan.finding(r, [name], "is not protected from deletion") if {
	some r in general.resources
	some name in names
	r.values[name] == false
}
