# METADATA
# title: Front Door probes by HEAD
# description: Probes come from hundreds of places; a body for each is load for nothing.
# custom:
#   severity: low
#   fix: Set request_type of health_probe to "HEAD".
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-frontdoor-head-probes
#   level: advisory
#   resources: [azurerm_cdn_frontdoor_origin_group]
#   subjects: [azurerm_cdn_frontdoor_origin_group.health_probe.request_type, frontdoor health probe, azurerm_cdn_frontdoor_origin_group.request_type]
package terrace.azure.frontdoor.head_probes

import data.terrace.lib.plan

path := ["health_probe", 0, "request_type"]

deny contains plan.finding(r, path, "probes by GET") if {
	some r in plan.planned("azurerm_cdn_frontdoor_origin_group")
	plan.certain(r, path, "HEAD") != "HEAD"
}
