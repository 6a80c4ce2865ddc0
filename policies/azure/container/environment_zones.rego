# METADATA
# title: Environments of container apps are in several zones
# description: Apps in one zone are away with it.
# custom:
#   severity: medium
#   fix: Set zone_redundancy_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-container-environment-zones
#   level: advisory
#   resources: [azurerm_container_app_environment]
#   subjects: [azurerm_container_app_environment.zone_redundancy_enabled, container app environment zone redundan]
package terrace.azure.container.environment_zones

import data.terrace.lib.plan

path := ["zone_redundancy_enabled"]

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_container_app_environment")
	plan.certain(r, path, false) != true
}
