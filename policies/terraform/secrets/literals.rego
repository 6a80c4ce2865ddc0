# METADATA
# title: Secrets are not written into the configuration
# description: What is in the configuration is in its history, for everyone who may read it.
# custom:
#   severity: critical
#   fix: Take the secret out of a key vault, or give it as a sensitive variable; and renew it, since it is known.
#   controls:
#     iso-27001-2022: ["A.5.17", "A.8.4"]
#     mcsb: ["IM-8"]
#   id: terraform-secrets-literals
#   level: hard-mandatory
#   resources: ["*"]
#   subjects:
#     - secrets plain
#     - hardcoded
#     - secret in plain
package terrace.terraform.secrets.literals

import data.terrace.lib.configuration
import data.terrace.lib.plan
import data.terrace.lib.secrets

deny contains plan.finding(object.union(resource, {"address": address}), [name], "is written into the configuration") if {
	some name in secrets.names
	some address, resource in configuration.resources
	text := resource.expressions[name].constant_value
	is_string(text)
	text != ""
}
