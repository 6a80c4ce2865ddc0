# METADATA
# title: Applications of Entra ID give no tokens to browsers
# description: Tokens in addresses are in histories and logs; the code flow has none there.
# custom:
#   severity: medium
#   fix: Set access_token_issuance_enabled in implicit_grant to false.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-8"]
#   id: azure-identity-implicit-grant
#   level: advisory
#   resources: [azuread_application]
#   subjects:
#     - application implicit grant
#     - azuread_application.implicit_grant
package terrace.azure.identity.implicit_grant

import data.terrace.lib.plan

path := ["web", 0, "implicit_grant", 0, "access_token_issuance_enabled"]

deny contains plan.finding(r, path, "gives tokens to browsers") if {
	some r in plan.planned("azuread_application")
	plan.certain(r, path, false) != false
}
