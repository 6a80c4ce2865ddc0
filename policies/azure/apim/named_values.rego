# METADATA
# title: Secrets of API Management are secret
# description: A named value that is not secret is shown to everyone who may look at the service.
# custom:
#   severity: high
#   fix: "Set secret to true, or take the value from a vault: value_from_key_vault."
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-apim-named-values
#   level: soft-mandatory
#   resources: [azurerm_api_management_named_value]
#   subjects: [azurerm_api_management_named_value.secret, api management named value secret]
package terrace.azure.apim.named_values

import data.terrace.lib.plan

path := ["secret"]

deny contains plan.finding(r, path, "is called as a secret is, and is shown to everyone") if {
	some r in plan.planned("azurerm_api_management_named_value")
	regex.match(`(?i)(password|secret|token|api-?key|connection-?string)`, plan.value(r, ["name"], ""))
	plan.certain(r, path, false) != true
	not plan.present(r, ["value_from_key_vault"])
}
