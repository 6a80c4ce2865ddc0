# METADATA
# title: Modules have a version
# description: A branch moves; what was reviewed is not what runs.
# custom:
#   severity: medium
#   fix: Set version, or end the address of a repository with ?ref= and a tag or commit.
#   controls:
#     iso-27001-2022: ["A.8.19", "A.5.21"]
#     mcsb: ["DS-2"]
#   id: terraform-supply-modules-pinned
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - module pinning
#     - module source
package terrace.terraform.supply.modules_pinned

import data.terrace.lib.configuration
import data.terrace.lib.plan

deny contains plan.remark(address, message) if {
	some call in configuration.invoked
	floating(call.source, call.version)
	address := concat("", [call.prefix, "module.", call.name])
}

message := "has no version that stays"

# Repositories without a ref, or with a branch.
floating(source, _) if {
	repository(source)
	not regex.match(`[?&]ref=[^&]`, source)
}

floating(source, _) if {
	repository(source)
	regex.match(`[?&]ref=(main|master|develop|head|latest)(&|$)`, lower(source))
}

# Modules of a registry without a version.
floating(source, "") if registered(source)

repository(source) if startswith(source, "git::")

repository(source) if startswith(source, "git@")

repository(source) if startswith(source, "github.com/")

repository(source) if startswith(source, "bitbucket.org/")

registered(source) if {
	not repository(source)
	regex.match(`^([a-z0-9.-]+\.[a-z]+/)?[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+(//.*)?$`, source)
}
