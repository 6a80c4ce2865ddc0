# METADATA
# title: API portals take HTTPS alone
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set https_only_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-spring-portal-https
#   level: soft-mandatory
#   resources: [azurerm_spring_cloud_api_portal]
#   subjects:
#     - azurerm_spring_cloud_api_portal.https_only_enabled
#     - Spring cloud API portal HTTPS
package terrace.azure.spring.portal_https

import data.terrace.lib.plan

path := ["https_only_enabled"]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_spring_cloud_api_portal")
	plan.certain(r, path, false) != true
}
