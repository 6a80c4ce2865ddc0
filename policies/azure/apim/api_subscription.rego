# METADATA
# title: APIs ask for a subscription or a token
# description: An API that asks for nothing is used by everyone.
# custom:
#   severity: medium
#   fix: Set subscription_required to true, or check tokens in the policy and have this overridden.
#   controls:
#     iso-27001-2022: ["A.8.3"]
#     mcsb: ["IM-1"]
#   id: azure-apim-api-subscription
#   level: advisory
#   resources: [azurerm_api_management_api]
#   subjects: [azurerm_api_management_api.subscription_required, api management api subscription]
package terrace.azure.apim.api_subscription

import data.terrace.lib.plan

path := ["subscription_required"]

deny contains plan.finding(r, path, "asks for no subscription") if {
	some r in plan.planned("azurerm_api_management_api")
	plan.certain(r, path, true) != true
}
