# METADATA
# title: Container registries are of a kind for production
# description: Basic registries have neither the throughput nor the scanning that production asks for.
# custom:
#   severity: low
#   fix: Set sku to "Standard", or "Premium" for private endpoints, zones and replicas.
#   controls:
#     iso-27001-2022: ["A.8.8", "A.8.14"]
#     mcsb: ["PV-5"]
#   id: azure-acr-sku
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [ACR container scan, ACR vulnerability scan, container registry container scan, container registry vulnerability scan]
package terrace.azure.acr.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is of the Basic kind") if {
	some r in plan.planned("azurerm_container_registry")
	not plan.certain(r, path, "") in {"Standard", "Premium"}
}
