# METADATA
# title: Connections are encrypted
# description: Plain connections show passwords and data to everyone on the way.
# custom:
#   severity: high
#   fix: Set the attribute to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: terraform-encryption-in-transit
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - in transit
package terrace.terraform.encryption.in_transit

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"transit_encryption_enabled",
	"https_only",
	"https_traffic_only_enabled",
	"ssl_enforcement_enabled",
	"require_ssl",
	"encryption_in_transit_enabled",
	"enforce_ssl",
}

deny contains plan.finding(r, [name], "takes plain connections") if {
	some r in general.resources
	some name in names
	r.values[name] == false
}
