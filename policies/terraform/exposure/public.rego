# METADATA
# title: Resources are not public
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set the attribute to false, and reach the resource through the network.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: terraform-exposure-public
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - public exposure
#     - publicly accessible
package terrace.terraform.exposure.public

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"publicly_accessible",
	"public_network_access_enabled",
	"public_access_enabled",
	"public_network_enabled",
	"associate_public_ip_address",
	"map_public_ip_on_launch",
	"public_ip_enabled",
	"public_data_endpoint_enabled",
}

deny contains plan.finding(r, [name], "is public") if {
	some r in general.resources
	some name in names
	r.values[name] == true
}
