# METADATA
# title: API Management has a managed identity
# description: Without an identity it cannot read certificates and secrets from a vault.
# custom:
#   severity: low
#   fix: Add identity with type = "SystemAssigned" or "UserAssigned".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-apim-identity
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.identity, api management identity]
package terrace.azure.apim.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no identity") if {
	some r in plan.planned("azurerm_api_management")
	not plan.present(r, path)
}
