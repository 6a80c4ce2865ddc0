# METADATA
# title: Front Door checks certificates of its origins
# description: Whoever stands between answers in place of the origin, if nobody checks.
# custom:
#   severity: high
#   fix: Set certificate_name_check_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-frontdoor-certificate-check
#   level: soft-mandatory
#   resources: [azurerm_cdn_frontdoor_origin]
#   subjects: [azurerm_cdn_frontdoor_origin.certificate_name_check_enabled, frontdoor certificate name check]
package terrace.azure.frontdoor.certificate_check

import data.terrace.lib.plan

path := ["certificate_name_check_enabled"]

deny contains plan.finding(r, path, "is not asked for its name") if {
	some r in plan.planned("azurerm_cdn_frontdoor_origin")
	plan.certain(r, path, true) != true
}
