# METADATA
# title: Nothing runs programs while it plans
# description: The data source external runs a program of the configuration before anybody has seen the plan.
# custom:
#   severity: medium
#   fix: Take the value as a variable, or by a data source of a provider.
#   controls:
#     iso-27001-2022: ["A.8.19"]
#   id: terraform-supply-external-data
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - external data
package terrace.terraform.supply.external_data

import data.terrace.lib.configuration
import data.terrace.lib.plan

deny contains plan.finding(object.union(resource, {"address": address}), [], "runs a program during the plan") if {
	some address, resource in configuration.resources
	resource.type == "external"
	object.get(resource, "mode", "managed") == "data"
}
