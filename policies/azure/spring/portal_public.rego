# METADATA
# title: API portals are closed to public networks
# description: A portal shows how everything is called.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-spring-portal-public
#   level: advisory
#   resources: [azurerm_spring_cloud_api_portal]
#   subjects:
#     - azurerm_spring_cloud_api_portal.public_network_access_enabled
#     - Spring cloud API portal public access
package terrace.azure.spring.portal_public

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_spring_cloud_api_portal")
	plan.certain(r, path, false) != false
}
