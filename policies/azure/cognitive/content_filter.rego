# METADATA
# title: Models are deployed with a filter that was chosen
# description: Who deploys a model decides what it may say.
# custom:
#   severity: low
#   fix: Set rai_policy_name.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#   id: azure-cognitive-content-filter
#   level: advisory
#   resources: [azurerm_cognitive_deployment]
#   subjects:
#     - azurerm_cognitive_deployment.rai_policy_name
#     - cognitive deployment rai
package terrace.azure.cognitive.content_filter

import data.terrace.lib.plan

path := ["rai_policy_name"]

deny contains plan.finding(r, path, "has no filter that was chosen") if {
	some r in plan.planned("azurerm_cognitive_deployment")
	not plan.present(r, path)
}
