# METADATA
# title: App Service Environments are in several zones
# description: Apps of an environment in one zone are away with it.
# custom:
#   severity: medium
#   fix: Set zone_redundant to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apps-environment-zones
#   level: advisory
#   resources: [azurerm_app_service_environment_v3]
#   subjects: [azurerm_app_service_environment_v3.zone_redundant, app service environment zone redundan, web app environment zone redundan]
package terrace.azure.apps.environment_zones

import data.terrace.lib.plan

path := ["zone_redundant"]

deny contains plan.finding(r, path, "is in one zone alone") if {
	some r in plan.planned("azurerm_app_service_environment_v3")
	plan.certain(r, path, false) != true
}
