# METADATA
# title: App Service Environments are inside of a network
# description: An environment with a public address shows all its apps.
# custom:
#   severity: medium
#   fix: Set internal_load_balancing_mode to "Web, Publishing".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-apps-environment-internal
#   level: advisory
#   resources: [azurerm_app_service_environment_v3]
#   subjects: [azurerm_app_service_environment_v3.internal_load_balancing_mode, app service environment internal, web app environment internal]
package terrace.azure.apps.environment_internal

import data.terrace.lib.plan

types := ["azurerm_app_service_environment_v3"]

path := ["internal_load_balancing_mode"]

deny contains plan.finding(r, path, "has a public address") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, "None") == "None"
}
