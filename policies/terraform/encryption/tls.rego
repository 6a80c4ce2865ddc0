# METADATA
# title: TLS is of version 1.2 or newer
# description: Old versions can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set the attribute to TLS 1.2 or newer.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: terraform-encryption-tls
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - TLS
package terrace.terraform.encryption.tls

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"min_tls_version",
	"minimal_tls_version",
	"minimum_protocol_version",
	"minimum_tls_version",
	"scm_min_tls_version",
	"ssl_minimal_tls_version_enforced",
	"tls_min_version",
}

deny contains plan.finding(r, [name], sprintf("takes %s", [version])) if {
	some r in general.resources
	some name in names
	version := r.values[name]
	is_string(version)
	regex.match(`(?i)^(ssl ?v?[23](\.0)?|(tls ?_?v?)?1([._]?[01])?(_2016)?|tls ?v?10|tls ?v?11|tlsenforcementdisabled)$`, version)
}
