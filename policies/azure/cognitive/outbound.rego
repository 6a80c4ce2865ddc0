# METADATA
# title: OpenAI accounts reach named hosts alone
# description: Otherwise a prompt can make the service send data anywhere.
# custom:
#   severity: medium
#   fix: Set outbound_network_access_restricted to true, and fqdns to the hosts that it needs.
#   controls:
#     iso-27001-2022: ["A.8.12"]
#     mcsb: ["DP-2", "NS-2"]
#   id: azure-cognitive-outbound
#   level: advisory
#   resources: [azurerm_cognitive_account, azurerm_ai_services]
#   subjects:
#     - openai outbound
#     - cognitive outbound network
#     - openai restrict outbound network
#     - azurerm_cognitive_account.outbound_network_access_restricted
package terrace.azure.cognitive.outbound

import data.terrace.lib.plan

path := ["outbound_network_access_restricted"]

deny contains plan.finding(r, path, "reaches any host") if {
	some r in plan.planned("azurerm_cognitive_account")
	lower(plan.value(r, ["kind"], "")) in {"openai", "aiservices"}
	not restricted(r)
}

deny contains plan.finding(r, path, "reaches any host") if {
	some r in plan.planned("azurerm_ai_services")
	not restricted(r)
}

restricted(r) if {
	plan.value(r, path, false) == true
	plan.present(r, ["fqdns"])
}
