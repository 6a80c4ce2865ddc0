# METADATA
# title: Container registries have a replica in another region
# description: When a region is away, clusters elsewhere start with images from there.
# custom:
#   severity: low
#   fix: Add georeplications, in a registry of the sku Premium.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-acr-replicas
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.georeplications, ACR geo replicat, container registry geo replication, container registry geo replicat]
package terrace.azure.acr.replicas

import data.terrace.lib.plan

path := ["georeplications"]

deny contains plan.finding(r, path, "has no replica in another region") if {
	some r in plan.planned("azurerm_container_registry")
	not replicated(r)
}

replicated(r) if {
	plan.value(r, ["sku"], "") == "Premium"
	plan.present(r, path)
}
