# METADATA
# title: Resources take identities, not keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: low
#   fix: Set the attribute to false, and give identities roles.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: terraform-identity-keys
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - authentication with keys
package terrace.terraform.identity.keys

import data.terrace.lib.general
import data.terrace.lib.plan

# Names in the types of many providers.
names := {
	"local_authentication_enabled",
	"local_auth_enabled",
	"shared_access_key_enabled",
	"access_keys_authentication_enabled",
	"admin_enabled",
}

deny contains plan.finding(r, [name], "takes keys") if {
	some r in general.resources
	some name in names
	r.values[name] == true
}
