# METADATA
# title: CDN domains take TLS 1.2 or newer
# description: TLS 1.0 can be broken; who accepts it can be talked down to it.
# custom:
#   severity: high
#   fix: Set tls_version to "TLS12" in cdn_managed_https or user_managed_https.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-frontdoor-cdn-tls
#   level: soft-mandatory
#   resources: [azurerm_cdn_endpoint_custom_domain]
#   subjects: [azurerm_cdn_endpoint_custom_domain.tls_version, CDN TLS protocol 12, cdn endpoint custom domain tls]
package terrace.azure.frontdoor.cdn_tls

import data.terrace.lib.plan

deny contains plan.finding(r, path, "takes TLS older than 1.2") if {
	some r in plan.planned("azurerm_cdn_endpoint_custom_domain")
	some block in ["cdn_managed_https", "user_managed_https"]
	path := [block, 0, "tls_version"]
	plan.certain(r, path, "TLS12") != "TLS12"
}
