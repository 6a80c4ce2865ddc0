# METADATA
# title: Container registries are closed to public networks
# description: Whoever has a token pulls and pushes images from anywhere otherwise.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled to false, in a registry of the sku Premium.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-acr-public-network
#   level: soft-mandatory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.public_network_access_enabled, ACR public network access, container registry public network access]
package terrace.azure.acr.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, true) != false
}
