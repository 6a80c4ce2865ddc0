# METADATA
# title: Providers have no secrets in the configuration
# description: What is in the configuration is in its history, for everyone who may read it.
# custom:
#   severity: critical
#   fix: "Use the identity of the run: use_oidc, or the environment; and renew the secret, since it is known."
#   controls:
#     iso-27001-2022: ["A.5.17", "A.8.4"]
#     mcsb: ["IM-3", "IM-8"]
#   id: terraform-secrets-providers
#   level: hard-mandatory
#   resources: ["*"]
#   subjects:
#     - provider credentials
#     - provider secret
package terrace.terraform.secrets.providers

import data.terrace.lib.plan
import data.terrace.lib.secrets

deny contains plan.remark(concat(".", [address, name]), message) if {
	some key, provider in object.get(object.get(input, "configuration", {}), "provider_config", {})
	some name, expression in object.get(provider, "expressions", {})
	secrets.like(name)
	is_string(expression.constant_value)
	expression.constant_value != ""
	address := concat(".", ["provider", key])
}

message := "is a secret in the configuration"
