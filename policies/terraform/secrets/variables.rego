# METADATA
# title: Variables with secrets are sensitive
# description: Otherwise their values are in plans, logs and reports.
# custom:
#   severity: high
#   fix: Set sensitive to true, and leave out the default.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: terraform-secrets-variables
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - sensitive variables
package terrace.terraform.secrets.variables

import data.terrace.lib.configuration
import data.terrace.lib.plan
import data.terrace.lib.secrets

deny contains plan.remark(address, "is not sensitive") if {
	some name, variable in variables
	secrets.like(name)
	object.get(variable, "sensitive", false) != true
	address := concat(".", ["var", name])
}

deny contains plan.remark(address, "has its secret as the default") if {
	some name, variable in variables
	secrets.like(name)
	is_string(variable["default"])
	variable["default"] != ""
	address := concat(".", ["var", name])
}

variables := object.get(configuration.root, "variables", {})
