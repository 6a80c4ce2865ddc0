# METADATA
# title: Container registries take signed images
# description: Who signs an image says that it is theirs.
# custom:
#   severity: low
#   fix: Sign images with Notation, and verify signatures where they are run; up to azurerm 4, trust_policy_enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DS-6"]
#   id: azure-acr-signed-images
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects:
#     - azurerm_container_registry.trust_policy_enabled
#     - azurerm_container_registry.trust_policy
#     - ACR signed images
#     - container registry signed images
package terrace.azure.acr.signed_images

import data.terrace.lib.plan

path := ["trust_policy_enabled"]

deny contains plan.finding(r, path, "takes images that nobody has signed") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, false) != true
	plan.value(r, ["trust_policy", 0, "enabled"], false) != true
}
