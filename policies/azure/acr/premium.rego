# METADATA
# title: Container registries are premium
# description: Zones, replicas and private endpoints are for premium registries alone.
# custom:
#   severity: low
#   fix: Set sku to "Premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-acr-premium
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.sku, ACR premium, container registry premium]
package terrace.azure.acr.premium

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is not premium") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, "") != "Premium"
}
