# METADATA
# title: Container registries remove what has no tag
# description: Old images without a tag cost money, and are pulled by their digest still.
# custom:
#   severity: low
#   fix: Set retention_policy_in_days.
#   controls:
#     iso-27001-2022: ["A.8.10"]
#   id: azure-acr-retention
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects:
#     - azurerm_container_registry.retention_policy_in_days
#     - azurerm_container_registry.retention_policy
#     - ACR retention policy
#     - container registry retention policy
package terrace.azure.acr.retention

import data.terrace.lib.plan

path := ["retention_policy_in_days"]

deny contains plan.finding(r, path, "keeps images without a tag for ever") if {
	some r in plan.planned("azurerm_container_registry")
	not plan.present(r, path)
	plan.value(r, ["retention_policy", 0, "enabled"], false) != true
}
