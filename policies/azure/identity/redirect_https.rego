# METADATA
# title: Applications of Entra ID send people back by HTTPS
# description: Codes of sign-ins in plain HTTP are read by everyone on the way.
# custom:
#   severity: medium
#   fix: Set redirect_uris in web to ones that begin with https://.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-identity-redirect-https
#   level: advisory
#   resources: [azuread_application]
#   subjects:
#     - application redirect
#     - azuread_application.redirect_uris
package terrace.azure.identity.redirect_https

import data.terrace.lib.plan

deny contains plan.finding(r, ["web", 0, "redirect_uris"], "sends people back by plain HTTP") if {
	some r in plan.planned("azuread_application")
	some uri in plan.value(r, ["web", 0, "redirect_uris"], [])
	startswith(uri, "http://")
	not startswith(uri, "http://localhost")
}
