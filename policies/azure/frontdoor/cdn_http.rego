# METADATA
# title: CDN endpoints serve no plain HTTP
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set is_http_allowed to false.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-frontdoor-cdn-http
#   level: soft-mandatory
#   resources: [azurerm_cdn_endpoint]
#   subjects: [azurerm_cdn_endpoint.is_http_allowed, CDN disable http endpoint, cdn http allowed]
package terrace.azure.frontdoor.cdn_http

import data.terrace.lib.plan

path := ["is_http_allowed"]

deny contains plan.finding(r, path, "serves plain HTTP") if {
	some r in plan.planned("azurerm_cdn_endpoint")
	plan.certain(r, path, true) != false
}
