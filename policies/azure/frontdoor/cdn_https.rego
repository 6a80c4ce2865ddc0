# METADATA
# title: CDN endpoints serve HTTPS
# description: Without HTTPS, everyone on the way sees and changes what is sent.
# custom:
#   severity: high
#   fix: Set is_https_allowed to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-frontdoor-cdn-https
#   level: soft-mandatory
#   resources: [azurerm_cdn_endpoint]
#   subjects: [azurerm_cdn_endpoint.is_https_allowed, CDN enable https endpoint, cdn https allowed]
package terrace.azure.frontdoor.cdn_https

import data.terrace.lib.plan

path := ["is_https_allowed"]

deny contains plan.finding(r, path, "does not serve HTTPS") if {
	some r in plan.planned("azurerm_cdn_endpoint")
	plan.certain(r, path, true) != true
}
