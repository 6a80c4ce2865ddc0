# METADATA
# title: Providers are ones that are allowed
# description: A provider runs with the rights of the run.
# custom:
#   severity: medium
#   fix: Use one of the providers that are allowed, or have the provider allowed.
#   controls:
#     iso-27001-2022: ["A.5.21", "A.8.19"]
#     mcsb: ["AM-2", "DS-2"]
#   id: terraform-supply-providers-allowed
#   level: soft-mandatory
#   resources: ["*"]
#   subjects:
#     - provider allowed
package terrace.terraform.supply.providers_allowed

import data.terrace.lib.plan
import data.terrace.lib.settings

deny contains plan.remark(address, "is not allowed") if {
	count(settings.providers) > 0
	some key, provider in object.get(object.get(input, "configuration", {}), "provider_config", {})
	name := object.get(provider, "full_name", provider.name)
	not name in settings.providers
	address := concat(".", ["provider", key])
}
