# METADATA
# title: Modules are fetched by encrypted ways
# description: What comes by plain HTTP can be another module.
# custom:
#   severity: high
#   fix: Begin the source with https:// or git::https://.
#   controls:
#     iso-27001-2022: ["A.8.24", "A.5.21"]
#     mcsb: ["DS-2", "DP-3"]
#   id: terraform-supply-modules-encrypted
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - module http
package terrace.terraform.supply.modules_encrypted

import data.terrace.lib.configuration
import data.terrace.lib.plan

deny contains plan.remark(address, message) if {
	some call in configuration.invoked
	regex.match(`^(git::)?(http|git)://`, call.source)
	address := concat("", [call.prefix, "module.", call.name])
}

message := "is fetched in plain"
