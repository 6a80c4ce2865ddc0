# METADATA
# title: Container registries ask who pulls
# description: Images hold code and, too often, secrets.
# custom:
#   severity: high
#   fix: Set anonymous_pull_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.3"]
#     mcsb: ["IM-1"]
#   id: azure-acr-anonymous-pull
#   level: hard-mandatory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.anonymous_pull_enabled, ACR anonymous pull, container registry anonymous pull]
package terrace.azure.acr.anonymous_pull

import data.terrace.lib.plan

path := ["anonymous_pull_enabled"]

deny contains plan.finding(r, path, "lets everyone pull") if {
	some r in plan.planned("azurerm_container_registry")
	plan.value(r, ["sku"], "Standard") != "Basic"
	plan.certain(r, path, false) != false
}
