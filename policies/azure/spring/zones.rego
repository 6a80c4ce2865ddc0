# METADATA
# title: Spring Apps are in several zones
# description: A service in one zone is gone while the zone is.
# custom:
#   severity: low
#   fix: Set zone_redundant to true, in the sku E0.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-spring-zones
#   level: advisory
#   resources: [azurerm_spring_cloud_service]
#   subjects:
#     - azurerm_spring_cloud_service.zone_redundant
#     - Spring cloud zone
package terrace.azure.spring.zones

import data.terrace.lib.plan

path := ["zone_redundant"]

deny contains plan.finding(r, path, "is in one zone") if {
	some r in plan.planned("azurerm_spring_cloud_service")
	plan.certain(r, path, false) != true
}
