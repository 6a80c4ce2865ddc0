# METADATA
# title: AI services take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-cognitive-local-auth
#   level: advisory
#   resources: [azurerm_cognitive_account, azurerm_ai_services]
#   subjects:
#     - azurerm_cognitive_account.local_auth_enabled
#     - azurerm_ai_services.local_auth_enabled
#     - azurerm_cognitive_account.local_authentication_enabled
#     - azurerm_ai_services.local_authentication_enabled
#     - cognitive local auth
#     - openai local auth
#     - AI services local auth
package terrace.azure.cognitive.local_auth

import data.terrace.lib.plan

types := [
	"azurerm_cognitive_account",
	"azurerm_ai_services",
]

# The name of now, and those of older versions of the provider.
paths := [["local_auth_enabled"], ["local_authentication_enabled"]]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned_any(types)
	path := plan.named(r, paths)
	plan.certain(r, path, true) != false
}
