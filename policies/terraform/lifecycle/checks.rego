# METADATA
# title: Checks of the configuration hold
# description: Who wrote the configuration said what must hold; a failed check means it does not.
# custom:
#   severity: medium
#   fix: Mend what the check says.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: terraform-lifecycle-checks
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - check blocks
package terrace.terraform.lifecycle.checks

import data.terrace.lib.plan

deny contains plan.remark(address, "fails") if {
	some check in input.checks
	check.status in {"fail", "error"}
	address := check.address.to_display
}
