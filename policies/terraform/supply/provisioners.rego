# METADATA
# title: Nothing runs scripts beside the plan
# description: What a provisioner does is in no plan, and is not done again.
# custom:
#   severity: low
#   fix: Use cloud-init, an image or a resource of a provider.
#   controls:
#     iso-27001-2022: ["A.8.9", "A.8.19"]
#   id: terraform-supply-provisioners
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - local exec provisioner
package terrace.terraform.supply.provisioners

import data.terrace.lib.configuration
import data.terrace.lib.plan

deny contains plan.finding(object.union(resource, {"address": address}), ["provisioner"], "runs a script that no plan shows") if {
	some address, resource in configuration.resources
	count(object.get(resource, "provisioners", [])) > 0
}
