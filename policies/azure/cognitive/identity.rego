# METADATA
# title: AI services have a managed identity
# description: With one, they reach keys and storage without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-cognitive-identity
#   level: advisory
#   resources: [azurerm_cognitive_account, azurerm_ai_services]
#   subjects:
#     - azurerm_cognitive_account.identity_type
#     - azurerm_ai_services.identity_type
#     - cognitive identity
#     - AI services identity
package terrace.azure.cognitive.identity

import data.terrace.lib.plan

types := [
	"azurerm_cognitive_account",
	"azurerm_ai_services",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
