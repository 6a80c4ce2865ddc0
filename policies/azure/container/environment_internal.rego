# METADATA
# title: Environments of container apps are inside of a network
# description: An environment outside of a network has a public address for all its apps.
# custom:
#   severity: medium
#   fix: Set internal_load_balancer_enabled to true and infrastructure_subnet_id.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-container-environment-internal
#   level: advisory
#   resources: [azurerm_container_app_environment]
#   subjects:
#     - azurerm_container_app_environment.internal_load_balancer_enabled
#     - container app environment internal
#     - container app environment network
package terrace.azure.container.environment_internal

import data.terrace.lib.plan

path := ["internal_load_balancer_enabled"]

deny contains plan.finding(r, path, "has a public address") if {
	some r in plan.planned("azurerm_container_app_environment")
	plan.certain(r, path, false) != true
}
