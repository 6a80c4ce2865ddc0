# METADATA
# title: Applications of Entra ID are of one tenant
# description: An application of many tenants lets in accounts of others.
# custom:
#   severity: medium
#   fix: Set sign_in_audience to "AzureADMyOrg".
#   controls:
#     iso-27001-2022: ["A.5.15"]
#     mcsb: ["IM-1"]
#   id: azure-identity-multi-tenant
#   level: advisory
#   resources: [azuread_application, azuread_application_registration]
#   subjects:
#     - application multi tenant
#     - application audience
#     - azuread_application.sign_in_audience
package terrace.azure.identity.multi_tenant

import data.terrace.lib.plan

types := ["azuread_application", "azuread_application_registration"]

path := ["sign_in_audience"]

deny contains plan.finding(r, path, "lets in accounts of other tenants") if {
	some r in plan.planned_any(types)
	plan.value(r, path, "AzureADMyOrg") != "AzureADMyOrg"
}
