# METADATA
# title: Outputs with secrets are sensitive
# description: Otherwise their values are in plans, logs and reports.
# custom:
#   severity: high
#   fix: Set sensitive to true.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: terraform-secrets-outputs
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - sensitive output
package terrace.terraform.secrets.outputs

import data.terrace.lib.configuration
import data.terrace.lib.plan
import data.terrace.lib.secrets

deny contains plan.remark(address, "is not sensitive") if {
	some name, output in object.get(configuration.root, "outputs", {})
	secrets.like(name)
	object.get(output, "sensitive", false) != true
	address := concat(".", ["output", name])
}
