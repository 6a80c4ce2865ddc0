# METADATA
# title: Domains of Front Door take TLS 1.2 or newer
# description: TLS 1.0 and 1.1 can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set minimum_version to "TLS12" in tls.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-frontdoor-tls
#   level: hard-mandatory
#   resources: [azurerm_cdn_frontdoor_custom_domain]
#   subjects:
#     - azurerm_cdn_frontdoor_custom_domain.tls.minimum_tls_version
#     - frontdoor tls
#     - front door minimum tls
#     - azurerm_cdn_frontdoor_custom_domain.minimum_tls_version
package terrace.azure.frontdoor.tls

import data.terrace.lib.plan

names := [["tls", 0, "minimum_version"], ["tls", 0, "minimum_tls_version"]]

deny contains plan.finding(r, path, "takes TLS older than 1.2") if {
	some r in plan.planned("azurerm_cdn_frontdoor_custom_domain")
	path := plan.named(r, names)
	plan.certain(r, path, "TLS12") in {"TLS10", "TLS11", plan.later}
}
