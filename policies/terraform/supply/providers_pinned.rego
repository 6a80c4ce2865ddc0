# METADATA
# title: Providers have a version
# description: Without, the next run may use another provider than was tested.
# custom:
#   severity: medium
#   fix: Set version in required_providers, such as "~> 5.2", and keep the lock file.
#   controls:
#     iso-27001-2022: ["A.8.19", "A.5.21"]
#     mcsb: ["DS-2"]
#   id: terraform-supply-providers-pinned
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - provider pinning
package terrace.terraform.supply.providers_pinned

import data.terrace.lib.plan

deny contains plan.remark(address, message) if {
	some key, provider in object.get(object.get(input, "configuration", {}), "provider_config", {})
	not startswith(object.get(provider, "full_name", ""), "terraform.io/builtin/")
	loose(object.get(provider, "version_constraint", ""))
	address := concat(".", ["provider", key])
}

message := "has no version"

loose("")

# At least some version, and any after it.
loose(constraint) if regex.match(`^\s*>=?[^,]*$`, constraint)
