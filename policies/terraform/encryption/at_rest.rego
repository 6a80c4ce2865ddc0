# METADATA
# title: Data are stored with encryption
# description: What is not encrypted is read by whoever gets the disk or the backup.
# custom:
#   severity: high
#   fix: Set the attribute to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-4"]
#   id: terraform-encryption-at-rest
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - at rest
package terrace.terraform.encryption.at_rest

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"storage_encrypted",
	"encrypted",
	"encryption_enabled",
	"at_rest_encryption_enabled",
	"disk_encryption_enabled",
	"data_encrypted",
	"transparent_data_encryption_enabled",
}

deny contains plan.finding(r, [name], "is stored without encryption") if {
	some r in general.resources
	some name in names
	r.values[name] == false
}
