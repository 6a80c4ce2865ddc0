# METADATA
# title: Front Door redirects to HTTPS
# description: Plain HTTP shows what is sent to everyone on the way, before the edge and behind it.
# custom:
#   severity: high
#   fix: Set https_redirect_enabled to true and forwarding_protocol to "HttpsOnly".
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-frontdoor-https
#   level: soft-mandatory
#   resources: [azurerm_cdn_frontdoor_route]
#   subjects: [azurerm_cdn_frontdoor_route.https_redirect_enabled, azurerm_cdn_frontdoor_route.forwarding_protocol, frontdoor https, front door https]
package terrace.azure.frontdoor.https

import data.terrace.lib.plan

deny contains plan.finding(r, ["https_redirect_enabled"], "serves plain HTTP") if {
	some r in plan.planned("azurerm_cdn_frontdoor_route")
	plan.certain(r, ["https_redirect_enabled"], true) != true
	plan.certain(r, ["supported_protocols"], ["Http", "Https"]) != ["Https"]
}

deny contains plan.finding(r, ["forwarding_protocol"], "asks its origins by plain HTTP") if {
	some r in plan.planned("azurerm_cdn_frontdoor_route")
	plan.certain(r, ["forwarding_protocol"], "MatchRequest") == "HttpOnly"
}
