# METADATA
# title: Container registries have a data endpoint of their own
# description: Without it, firewalls have to let images of all registries pass.
# custom:
#   severity: low
#   fix: Set data_endpoint_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-acr-data-endpoint
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.data_endpoint_enabled, ACR dedicated data endpoint, container registry dedicated data endpoint]
package terrace.azure.acr.data_endpoint

import data.terrace.lib.plan

path := ["data_endpoint_enabled"]

deny contains plan.finding(r, path, "has no data endpoint of its own") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, false) != true
}
